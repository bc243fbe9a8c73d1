# Changes what it can reach. The next submission must not see any of it.
import builtins
import json
import logging
import os
import sys
import time
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
os.environ["TRACE"] = "left"
Path("trace").mkdir()
os.chdir("trace")
sys.path.insert(0, str(Path.cwd()))
logging.basicConfig(level="INFO")
sys.stdout = sys.stderr = None
json.loads = time.time = builtins.sorted = print
