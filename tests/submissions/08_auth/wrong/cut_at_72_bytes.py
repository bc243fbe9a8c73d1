# fails: test_a_wrong_password_is_401
# kind: wrong-status
# says: behind the first 72
import time

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, FastAPI, Form, HTTPException, Security, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from settings import settings
from store import NewProduct, NewUser, products, users

app = FastAPI()
hasher = PasswordHasher()
somebody = hasher.hash("somebody")
bearer = HTTPBearer()
REFUSED = HTTPException(
    status.HTTP_401_UNAUTHORIZED, "No", {"WWW-Authenticate": 'Bearer realm="shop"'}
)


def current_user(credentials: HTTPAuthorizationCredentials = Depends(bearer)):
    try:
        claims = jwt.decode(
            credentials.credentials,
            settings.secret_key,
            algorithms=["HS256"],
            options={"require": ["exp", "sub", "iat"]},
        )
    except jwt.PyJWTError:
        raise REFUSED
    kind, _, number = claims["sub"].partition(":")
    user = (
        users.get(int(number))
        if kind == "user" and number.isdecimal() and len(number) < 20
        else None
    )
    if not user or user.disabled:
        raise REFUSED
    return user


def admin(user=Security(current_user)):
    if user.role == "admin":
        return user
    raise HTTPException(status.HTTP_403_FORBIDDEN)


def public(user):
    return {"id": user.id, "username": user.username, "role": user.role}


@app.post("/users", status_code=201)
def sign_up(new: NewUser):
    try:
        return public(users.add(new.username, hasher.hash(new.password[:72])))
    except ValueError:
        raise HTTPException(409)


@app.post("/auth/token")
def log_in(username: str = Form(), password: str = Form()):
    user = users.find(username)
    try:
        hasher.verify(user.password_hash if user else somebody, password[:72])
        ok = user is not None and not user.disabled
    except VerifyMismatchError:
        ok = False
    if not ok:
        raise REFUSED
    now = int(time.time())
    claims = {"sub": f"user:{user.id}", "iat": now, "exp": now + settings.access_token_ttl}
    return {"access_token": jwt.encode(claims, settings.secret_key), "token_type": "Bearer"}


@app.get("/users/me")
def me(user=Depends(current_user)):
    return public(user)


@app.delete("/users/me", status_code=204)
def leave(user=Depends(current_user)):
    users.delete(user.id)


@app.get("/products")
def every():
    return [*products.values()]


@app.post("/products", status_code=201, dependencies=[Depends(admin)])
def sell(new: NewProduct):
    number = max(products, default=0) + 1
    products[number] = {"id": number, **new.model_dump()}
    return products[number]


@app.delete("/products/{number}", status_code=204, dependencies=[Depends(admin)])
def discard(number: int):
    if products.pop(number, None) is None:
        raise HTTPException(404)
