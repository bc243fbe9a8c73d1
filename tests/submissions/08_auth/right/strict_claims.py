# The claims are a model that takes nothing else, so a token with a role in it is a 401.
import hmac
import hashlib
import time
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, Form, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pwdlib import PasswordHash
from pydantic import BaseModel, ConfigDict, ValidationError
from settings import settings
from store import NewProduct, NewUser, Product, Role, User, products, users

app = FastAPI()
scheme = OAuth2PasswordBearer("./auth/token")
argon2 = PasswordHash.recommended()


class Claims(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    sub: str
    exp: int
    nbf: int = 0
    typ: Literal["access"]


class Extra(NewUser):
    model_config = ConfigDict(extra="forbid")


class Profile(BaseModel):
    id: int
    username: str
    role: Role


def peppered(password: str) -> str:
    """So that the hashes alone, without the secret, are of no use at all."""
    return hmac.new(settings.secret_key.encode(), password.encode(), hashlib.sha256).hexdigest()


nobody = User(id=0, username="", password_hash=argon2.hash(peppered("")), disabled=True)


def refused() -> HTTPException:
    return HTTPException(401, "Please log in", {"www-authenticate": 'BEARER error="invalid_token"'})


def current_user(token: Annotated[str, Depends(scheme)]) -> User:
    try:
        claims = Claims(**jwt.decode(token, settings.secret_key, ["HS256"]))
    except (jwt.InvalidTokenError, ValidationError):
        raise refused() from None
    user = (
        users.get(int(claims.sub))
        if claims.sub.isascii() and claims.sub.isdigit() and len(claims.sub) < 10
        else None
    )
    if user is None or user.disabled:
        raise refused()
    return user


def admin(user: Annotated[User, Depends(current_user)]) -> User:
    match user.role:
        case "admin":
            return user
        case _:
            raise HTTPException(403)


@app.post("/users", status_code=201, response_model=Profile)
def sign_up(new: Extra) -> object:
    if users.find(new.username):
        raise HTTPException(409)
    return users.add(new.username, argon2.hash(peppered(new.password))).model_dump()


@app.post("/auth/token")
def log_in(
    grant_type: Annotated[Literal["password"], Form()],
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> dict[str, str]:
    user = users.find(username) or nobody
    if not argon2.verify(peppered(password), user.password_hash) or user.disabled:
        raise refused()
    claims = {
        "sub": str(user.id),
        "exp": int(time.time()) + settings.access_token_ttl,
        "typ": "access",
    }
    return {"access_token": jwt.encode(claims, settings.secret_key), "token_type": "bearer"}


@app.api_route("/users/me", methods=["GET"], response_model=Profile)
def me(user: Annotated[User, Depends(current_user)]) -> object:
    return user.model_dump()


@app.api_route("/users/me", methods=["DELETE"], status_code=204)
def leave(user: Annotated[User, Depends(current_user)]) -> None:
    users.delete(user.id)


@app.get("/products/")
def window() -> list[Product]:
    return list(products.values())


@app.post("/products/", status_code=201)
def sell(admin: Annotated[User, Depends(admin)], new: NewProduct) -> Product:
    number = max(products, default=0) + 1
    products[number] = Product(id=number, **new.model_dump())
    return products[number]


@app.delete("/products/{number}/", status_code=204)
def discard(number: int, admin: Annotated[User, Depends(admin)]) -> None:
    if number not in products:
        raise HTTPException(404)
    del products[number]
