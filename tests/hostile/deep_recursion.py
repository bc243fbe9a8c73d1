# Without a limit, a recursion ends with the stack of the process.
# checks: server-error|crashed|hung pass pass

import sys

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

sys.setrecursionlimit(10**9)


class Deep:
    def __repr__(self):
        return repr([self])


@app.get("/")
def read_root():
    return {"hello": repr(Deep())}
