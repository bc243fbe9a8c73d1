# Leaves while it is imported.
# problem: import
# says: ends the program while main.py is being imported

import sys

sys.exit(0)
