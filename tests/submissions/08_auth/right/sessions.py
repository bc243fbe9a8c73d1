# Each token has a session, which ends with its user; a handler adds the header to every 401.
import dataclasses
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from settings import settings
from starlette.exceptions import HTTPException as StarletteHTTPException
from store import NewProduct, NewUser, Product, User, products, users

app = FastAPI()
hasher = PasswordHash.recommended()
somebody = hasher.hash(secrets.token_hex())


@app.exception_handler(StarletteHTTPException)
async def challenge(request: Request, error: StarletteHTTPException) -> Response:
    if error.status_code == 401:
        error.headers = {"WWW-Authenticate": 'Bearer realm="Corner Shop"'}
    return await http_exception_handler(request, error)


@dataclasses.dataclass
class Profile:
    id: int
    username: str
    role: str

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user.id, user.username, user.role)


class Sessions:
    def __init__(self) -> None:
        self._users: dict[str, int] = {}

    def begin(self, user: User) -> str:
        session = secrets.token_urlsafe()
        self._users[session] = user.id
        ends = datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)
        claims = {"sub": f"{session}", "exp": ends}
        return jwt.encode(claims, settings.secret_key, algorithm="HS256")

    def user(self, token: str) -> User:
        try:
            claims = jwt.decode(token, settings.secret_key, ["HS256"], {"require": ["exp", "sub"]})
        except jwt.PyJWTError as error:
            raise HTTPException(401, str(error)) from None
        user = users.get(self._users.get(claims["sub"], 0))
        if not user or user.disabled:
            raise HTTPException(401)
        return user


sessions = Sessions()
oauth2 = OAuth2PasswordBearer("/auth/token", refreshUrl="/auth/refresh")


def current(token: str = Depends(oauth2)) -> User:
    return sessions.user(token)


def needs(role: str):
    def allowed(user: User = Depends(current)) -> None:
        if user.role != role:
            raise HTTPException(403, f"You are no {role}")

    return Depends(allowed)


@app.post("/users", status_code=201)
def sign_up(new: NewUser) -> Profile:
    try:
        return Profile.of(users.add(new.username, hasher.hash(new.password)))
    except ValueError:
        raise HTTPException(409) from None


@app.post("/auth/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    user = users.find(form.username)
    hashed = user.password_hash if user else somebody
    if not hasher.verify(form.password, hashed) or not user or user.disabled:
        raise HTTPException(401, "Wrong name or password")
    return {"access_token": sessions.begin(user), "token_type": "bearer", "expires_in": 60}


@app.get("/users/me")
def me(user: User = Depends(current)) -> Profile:
    return Profile.of(user)


@app.delete("/users/me", status_code=204)
def leave(user: User = Depends(current)) -> None:
    users.delete(user.id)


@app.get("/products")
def window() -> list[Product]:
    return list(products.values())


@app.post("/products", status_code=201, dependencies=[needs("admin")])
def sell(new: NewProduct) -> Product:
    product = Product(id=max(products, default=0) + 1, **new.model_dump())
    products[product.id] = product
    return product


@app.delete("/products/{product_id}", status_code=204, dependencies=[needs("admin")])
def discard(product_id: int) -> None:
    if not products.pop(product_id, None):
        raise HTTPException(404)
