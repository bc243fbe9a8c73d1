# fails: test_no_token_is_401
# kind: wrong-header
# says: A 401 says in WWW-Authenticate how one proves who one is: Bearer, by a token. Without it, the client has to guess
import base64
import hmac
import json
import os
import time
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Request, Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from store import NewProduct, NewUser, Product, User, products, users

KEY = os.environ["SECRET_KEY"].encode()
if len(KEY) < 32:
    raise SystemExit("SECRET_KEY is too short")

hasher = PasswordHash([Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1)])
HEADER = {"alg": "HS256", "typ": "JWT"}
LOCK = {"security": [{"token": []}]}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature(start: str) -> str:
    return b64(hmac.digest(KEY, start.encode("latin-1"), "sha256"))


def issue(user: User) -> str:
    ttl = int(os.environ.get("ACCESS_TOKEN_TTL", "900"))
    claims = {"sub": str(user.id), "exp": int(time.time()) + ttl}
    start = f"{b64(json.dumps(HEADER).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{start}.{signature(start)}"


def read(token: str) -> User | None:
    head, payload, sent = token.split(".")
    if not hmac.compare_digest(signature(f"{head}.{payload}").encode(), sent.encode("latin-1")):
        return None
    header, claims = json.loads(unb64(head)), json.loads(unb64(payload))
    now = time.time()
    if header["alg"] != "HS256" or claims["exp"] <= now or claims.get("nbf", 0) > now:
        return None
    if not isinstance(claims["sub"], str):
        return None
    return users.get(int(claims["sub"]))


def current(request: Request) -> User:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    user = None
    if scheme.lower() == "bearer":
        try:
            user = read(token)
        except (ValueError, KeyError, TypeError, IndexError):
            user = None
    if user is None or user.disabled:
        raise HTTPException(401)
    return user


def owner(request: Request) -> None:
    if current(request).role != "admin":
        raise HTTPException(403)


app = FastAPI()
router = APIRouter()


@router.post("/users", status_code=201)
def sign_up(new: NewUser, response: Response) -> dict:
    if users.find(new.username) is not None:
        raise HTTPException(409)
    user = users.add(new.username, hasher.hash(new.password))
    return user.model_dump(include={"id", "username", "role"})


@router.post("/auth/token")
def token(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> dict:
    user = users.find(username)
    if user is None:
        hasher.hash(password)  # as long as a verification
    elif hasher.verify(password, user.password_hash) and not user.disabled:
        return {"access_token": issue(user), "token_type": "bearer", "expires_in": 900}
    raise HTTPException(401, "Wrong", headers={"www-authenticate": "bearer"})


@router.get("/users/me", openapi_extra=LOCK)
def me(user: Annotated[User, Depends(current)]) -> dict:
    return user.model_dump(include={"id", "username", "role"})


@router.delete("/users/me", openapi_extra=LOCK)
def leave(user: Annotated[User, Depends(current)]) -> Response:
    users.delete(user.id)
    return Response(status_code=204)


@router.get("/products")
def window() -> list[Product]:
    return list(products.values())


@router.post("/products", status_code=201, dependencies=[Depends(owner)], openapi_extra=LOCK)
def sell(new: NewProduct) -> Product:
    number = max([0, *products]) + 1
    return products.setdefault(number, Product(id=number, **new.model_dump()))


@router.delete("/products/{number}", dependencies=[Depends(owner)], openapi_extra=LOCK)
def discard(number: int) -> Response:
    if number not in products:
        raise HTTPException(404)
    del products[number]
    return Response(status_code=204)


app.include_router(router)
schema = app.openapi


def openapi() -> dict:
    document = schema()
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return document


app.openapi = openapi
