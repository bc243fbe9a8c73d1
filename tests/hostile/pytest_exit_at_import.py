# Asks pytest to stop before it has begun.
# problem: import
# says: raised Exit while main.py was being imported

import pytest

pytest.exit("All is well.", 0)
