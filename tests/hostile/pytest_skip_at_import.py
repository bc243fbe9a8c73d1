# Asks pytest to leave out the whole module.
# problem: import
# says: raised Skipped while main.py was being imported

import pytest

pytest.skip("Not today.", allow_module_level=True)
