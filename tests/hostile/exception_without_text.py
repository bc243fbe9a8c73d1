# An exception that cannot say what it is.
# checks: server-error|course-error pass pass

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


class Wordless(Exception):
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


@app.get("/")
def read_root():
    raise Wordless
