# fails: test_all_failed_logins_take_the_same_time
# kind: wrong-body
# says: after a name that nobody has, it has not worked at all
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel
from settings import settings
from store import NewProduct, NewUser, Product, Role, User, products, users

ALGORITHM = "HS256"

hasher = PasswordHash.recommended()

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="auth/token")


class Profile(BaseModel):
    id: int
    username: str
    role: Role


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def authenticate(username: str, password: str) -> User | None:
    """The user with this name and this password, unless they are disabled."""
    user = users.find(username)
    if user is None:
        return None
    matches = hasher.verify(password, user.password_hash)
    return user if user and matches and not user.disabled else None


def make_token(user: User) -> str:
    expires = datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)
    return jwt.encode({"sub": str(user.id), "exp": expires}, settings.secret_key, ALGORITHM)


def get_current_user(token: Annotated[str, Depends(oauth2_scheme)]) -> User:
    try:
        claims = jwt.decode(
            token, settings.secret_key, [ALGORITHM], options={"require": ["exp", "sub"]}
        )
        user = users.get(int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        raise unauthorized("This token is not valid") from None
    if user is None or user.disabled:
        raise unauthorized("This token is not valid")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_admin(user: CurrentUser) -> None:
    # The role of this moment: one in the token would be the role of the login.
    if user.role != "admin":
        raise HTTPException(403, "Only for admins")


app = FastAPI(title="Corner Shop API")
admins = APIRouter(dependencies=[Depends(require_admin)])


@app.post("/users", status_code=201)
def create_user(new: NewUser) -> Profile:
    if users.find(new.username):
        raise HTTPException(409, "This name is taken")
    user = users.add(new.username, password_hash=hasher.hash(new.password))
    return Profile(id=user.id, username=user.username, role=user.role)


@app.post("/auth/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    user = authenticate(form.username, form.password)
    if user is None:
        raise unauthorized("Wrong name or password")
    return Token(access_token=make_token(user))


@app.get("/users/me")
def read_me(user: CurrentUser) -> Profile:
    return Profile(id=user.id, username=user.username, role=user.role)


@app.delete("/users/me", status_code=204)
def delete_me(user: CurrentUser) -> None:
    users.delete(user.id)


@app.get("/products")
def list_products() -> list[Product]:
    return list(products.values())


@admins.post("/products", status_code=201)
def create_product(new: NewProduct) -> Product:
    product = Product(id=max(products, default=0) + 1, **new.model_dump())
    products[product.id] = product
    return product


@admins.delete("/products/{product_id}", status_code=204)
def delete_product(product_id: int) -> None:
    if product_id not in products:
        raise HTTPException(404, "No such product")
    del products[product_id]


app.include_router(admins)
