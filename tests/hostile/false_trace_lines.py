# Writes a line of its own into the traceback of the run.
# checks: hung pass pass

from pathlib import Path

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    for file in Path(__file__).parent.parent.glob("*.txt"):
        file.write_text(f'File "{__file__}", line {"9" * 5000}\n' * 100)
    while True:
        pass
