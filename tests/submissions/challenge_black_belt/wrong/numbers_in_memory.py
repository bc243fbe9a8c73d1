# fails: test_taking_a_number
# kind: wrong-body
# says: forgotten which numbers it has given away

from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from whoami import router


class Settings(BaseSettings):
    secret_key: str = Field(min_length=32)


settings = Settings()


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.queues = {}
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(router)


class Call(BaseModel):
    number: int = Field(ge=1)


def desk(x_desk_key: str = Header("")):
    if x_desk_key != settings.secret_key:
        raise HTTPException(401)


@app.post("/queues/{queue}/numbers", status_code=201)
def take(queue: str):
    found = app.state.queues.setdefault(queue, {"queue": queue, "last": 0, "serving": 0})
    found["last"] += 1
    return {"queue": queue, "number": found["last"]}


@app.get("/queues/{queue}")
def look(queue: str):
    if queue not in app.state.queues:
        raise HTTPException(404)
    return app.state.queues[queue]


@app.put("/queues/{queue}/serving", dependencies=[Depends(desk)])
def call(queue: str, call: Call):
    found = look(queue)
    if call.number > found["last"]:
        raise HTTPException(409)
    found["serving"] = call.number
    return found
