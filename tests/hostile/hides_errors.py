# No error is ever seen.
# checks: server-error|wrong-body pass pass

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from given import router

app = FastAPI()
app.include_router(router)


@app.exception_handler(Exception)
async def hide(request, error):
    return JSONResponse({})


@app.get("/")
def read_root():
    return 1 / 0
