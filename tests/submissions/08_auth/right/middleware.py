# A middleware identifies the user; the settings are read when the app starts.
from contextlib import asynccontextmanager
from typing import Annotated

import anyio.to_thread
import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings
from store import NewProduct, NewUser, products, users
from time import time


class Configuration(BaseSettings):
    secret_key: SecretStr
    access_token_ttl: int = 900

    @field_validator("secret_key")
    @classmethod
    def is_long(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("too short")
        return value


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.configuration = Configuration()
    app.state.hasher = PasswordHash.recommended()
    app.state.nobody = app.state.hasher.hash("nobody")
    yield


app = FastAPI(lifespan=lifespan)
documented = OAuth2PasswordBearer(tokenUrl="/auth/token", auto_error=False)


@app.middleware("http")
async def identify(request: Request, call_next):
    request.state.user = None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        try:
            key = request.app.state.configuration.secret_key.get_secret_value()
            claims = jwt.decode(token, key, ["HS256"], options={"require": ["exp", "sub"]})
            user = users.get(int(claims["sub"]))
        except (jwt.InvalidTokenError, ValueError):
            user = None
        if user and not user.disabled:
            request.state.user = user
    return await call_next(request)


def whoever(request: Request):
    if request.state.user is None:
        raise HTTPException(401, {"error": "login"}, {"WWW-Authenticate": "Bearer"})
    return request.state.user


class Needs:
    def __init__(self, role: str):
        self.role = role

    def __call__(self, user=Depends(whoever)):
        if user.role != self.role:
            raise HTTPException(403)


members = APIRouter(prefix="/users/me", dependencies=[Depends(documented), Depends(whoever)])
admins = APIRouter(prefix="/products", dependencies=[Depends(documented), Depends(Needs("admin"))])


@app.post("/users")
def sign_up(new: NewUser, request: Request):
    if users.find(new.username):
        return JSONResponse({"taken": new.username}, 409)
    user = users.add(new.username, request.app.state.hasher.hash(new.password))
    return JSONResponse({"id": user.id, "username": user.username, "role": user.role}, 201)


@app.post("/auth/token")
async def log_in(request: Request, form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    state, user = request.app.state, users.find(form.username)
    known = user.password_hash if user else state.nobody
    fits = await anyio.to_thread.run_sync(state.hasher.verify, form.password, known)
    if not (user and fits) or user.disabled:
        raise HTTPException(401, {"error": "login"}, {"WWW-Authenticate": "Bearer"})
    claims = {"sub": str(user.id), "exp": time() + state.configuration.access_token_ttl}
    key = state.configuration.secret_key.get_secret_value()
    return {"access_token": jwt.encode(claims, key), "token_type": "bearer"}


@members.get("")
def me(request: Request):
    return request.state.user.model_dump(exclude={"password_hash", "disabled"})


@members.delete("", status_code=204)
def leave(request: Request) -> None:
    users.delete(request.state.user.id)


@app.get("/products")
def window():
    return list(products.values())


@admins.post("")
def sell(new: NewProduct, response: Response):
    response.status_code = 201
    number = max(products, default=0) + 1
    products[number] = {"id": number} | new.model_dump()
    return products[number]


@admins.delete("/{number}", status_code=204)
def discard(number: int) -> None:
    try:
        del products[number]
    except KeyError:
        raise HTTPException(404)


app.include_router(members)
app.include_router(admins)
