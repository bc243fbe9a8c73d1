# fails: test_signing_up
# kind: wrong-body
# says: The answer holds password_hash
from datetime import datetime, timedelta, timezone
from typing import Annotated
from uuid import uuid4

import jwt
from fastapi import FastAPI, HTTPException, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestFormStrict, SecurityScopes
from fastapi import Depends
from pwdlib import PasswordHash
from pydantic import BaseModel, ConfigDict
from settings import settings
from store import NewProduct, NewUser, Product, Role, User, products, users

SCOPES = {"user": ["me"], "admin": ["me", "products"]}
NAMES = {"issuer": "corner-shop", "audience": "corner-shop-api"}

password_hash = PasswordHash.recommended()
NOBODY = User(id=0, username="nobody", password_hash=password_hash.hash("nobody"))
oauth2 = OAuth2PasswordBearer(
    "/auth/token", scopes={"me": "You", "products": "The shop"}, auto_error=False
)


class NotAuthenticated(Exception):
    pass


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    username: str
    role: Role


app = FastAPI(title="Corner Shop")


@app.exception_handler(NotAuthenticated)
async def ask_for_a_token(request: Request, error: NotAuthenticated) -> JSONResponse:
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return JSONResponse({"error": "invalid_token"}, 401, headers)


async def current_user(
    needed: SecurityScopes, token: Annotated[str | None, Depends(oauth2)]
) -> User:
    try:
        claims = jwt.decode(
            token or "",
            settings.secret_key,
            ["HS256"],
            options={"require": ["exp", "sub", "jti"]},
            **NAMES,
        )
        user = users.get(int(claims["sub"], 10))
    except Exception as error:
        raise NotAuthenticated from error
    if user is None or user.disabled:
        raise NotAuthenticated
    if not set(needed.scopes) <= set(SCOPES[user.role]):
        raise HTTPException(403, "Not yours", {"WWW-Authenticate": 'Bearer scope="products"'})
    return user


Me = Annotated[User, Security(current_user, scopes=["me"])]
Seller = Security(current_user, scopes=["products"])


@app.post("/users", status_code=201)
async def create_user(new: NewUser):
    if users.find(new.username):
        raise HTTPException(409)
    hashed = await run_in_threadpool(password_hash.hash, new.password)
    return users.add(new.username, hashed)


@app.post("/auth/token")
async def token(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]):
    user = users.find(form.username) or NOBODY
    fits, better = await run_in_threadpool(
        password_hash.verify_and_update, form.password, user.password_hash
    )
    if not fits or user is NOBODY or user.disabled:
        raise NotAuthenticated
    if better:
        users.change(user.id, password_hash=better)
    now = datetime.now(timezone.utc)
    claims = {
        "iss": NAMES["issuer"],
        "aud": NAMES["audience"],
        "jti": str(uuid4()),
        "iat": now,
        "nbf": now,
        "sub": str(user.id),
        "exp": now + timedelta(seconds=settings.access_token_ttl),
        "scope": " ".join(SCOPES[user.role]),
    }
    return {
        "access_token": jwt.encode(claims, settings.secret_key, headers={"kid": "2026"}),
        "token_type": "bearer",
        "refresh_token": "not today",
    }


@app.get("/users/me", response_model=Shown)
async def me(user: Me):
    return user


@app.delete("/users/me", status_code=204)
async def leave(user: Me):
    users.delete(user.id)


@app.get("/products", response_model=list[Product])
async def window():
    return list(products.values())


@app.post("/products", status_code=201, dependencies=[Seller])
async def sell(new: NewProduct) -> Product:
    number = max(products, default=0) + 1
    products[number] = Product(id=number, **new.model_dump())
    return products[number]


@app.delete("/products/{number}", status_code=204, dependencies=[Seller])
async def discard(number: int):
    if number not in products:
        raise HTTPException(404)
    products.pop(number)
