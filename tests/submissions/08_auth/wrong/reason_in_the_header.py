# fails: test_all_failed_logins_look_the_same
# kind: wrong-header
# says: tells a stranger as much
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel
from settings import settings
from store import NewProduct, NewUser, Product, Role, User, products, users

app = FastAPI(title="Corner Shop API")
hasher = PasswordHash.recommended()
DUMMY_HASH = hasher.hash("nobody's password")
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="auth/token")


class PublicUser(BaseModel):
    id: int
    username: str
    role: Role


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


def unauthorized(message: str, error: str = "invalid_token") -> HTTPException:
    return HTTPException(401, message, headers={"WWW-Authenticate": f'Bearer error="{error}"'})


def get_current_user(token: Annotated[str, Depends(oauth2_scheme)]) -> User:
    try:
        claims = jwt.decode(
            token, settings.secret_key, algorithms=["HS256"], options={"require": ["exp", "sub"]}
        )
        user = users.get(int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        raise unauthorized("This token is not valid") from None
    if user is None or user.disabled:
        raise unauthorized("This token is not valid")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_admin(user: CurrentUser) -> None:
    if user.role != "admin":
        raise HTTPException(403, "Admins only")


@app.post("/users", status_code=201)
def create_user(new: NewUser) -> PublicUser:
    if users.find(new.username):
        raise HTTPException(409, "This name is taken")
    user = users.add(new.username, password_hash=hasher.hash(new.password))
    return PublicUser(**user.model_dump())


@app.post("/auth/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    user = users.find(form.username)
    matches = hasher.verify(form.password, user.password_hash if user else DUMMY_HASH)
    if user is None:
        raise unauthorized("Wrong name or password", "unknown_user")
    if not matches or user.disabled:
        raise unauthorized("Wrong name or password", "wrong_password")
    expires = datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)
    return Token(
        access_token=jwt.encode({"sub": str(user.id), "exp": expires}, settings.secret_key, "HS256")
    )


@app.get("/users/me")
def read_me(user: CurrentUser) -> PublicUser:
    return PublicUser(**user.model_dump())


@app.delete("/users/me", status_code=204)
def delete_me(user: CurrentUser) -> None:
    users.delete(user.id)


@app.get("/products")
def list_products() -> list[Product]:
    return list(products.values())


@app.post("/products", status_code=201, dependencies=[Depends(require_admin)])
def create_product(new: NewProduct) -> Product:
    product = Product(id=max(products, default=0) + 1, **new.model_dump())
    products[product.id] = product
    return product


@app.delete("/products/{product_id}", status_code=204, dependencies=[Depends(require_admin)])
def delete_product(product_id: int) -> None:
    if product_id not in products:
        raise HTTPException(404, "No such product")
    del products[product_id]
