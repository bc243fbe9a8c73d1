# Ends its process with the status of success.
# problem: crashed
# says: ended the whole Python process while main.py was being imported

import os

os._exit(0)
