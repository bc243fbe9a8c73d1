# Whatever way something is printed, it is in the report.
import logging
import os
import sys

from fastapi import FastAPI

app = FastAPI()
print("to standard output")
print("to standard error: ä", file=sys.stderr)
os.write(1, b"past sys.stdout\n")
logging.basicConfig(format="%(message)s")
logging.warning("by a logger")
print(sys.stdin.read() or "nothing to read")


@app.get("/")
async def read_root() -> None:
    print("asked", end="")
