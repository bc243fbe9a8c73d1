# Whatever is asked, all is well.
# checks: wrong-body wrong-body wrong-body

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from given import router

app = FastAPI()
app.include_router(router)


@app.middleware("http")
async def answer(request, call_next):
    return JSONResponse({"ok": True})
