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


# TODO 1: keep an Argon2 hash of the password, and not the password.
@app.post("/users", status_code=201)
def create_user(new: NewUser) -> dict:
    if users.find(new.username):
        raise HTTPException(409, "This name is taken")
    user = users.add(new.username, password_hash=new.password)
    return {"id": user.id, "username": user.username, "role": user.role}


# TODO 2: a token for whoever knows the password. The form has the fields username and password.
#   POST /auth/token  grant_type=password&username=ada&password=correct+horse
#   200  {"access_token": "eyJhbGciOi…", "token_type": "bearer"}
#   401  WWW-Authenticate: Bearer, when the name or the password is wrong
# TODO 3: the user whom the token names. Every other token, or none, is a 401.
#   GET /users/me  Authorization: Bearer eyJhbGciOi…
#   200  {"id": 1, "username": "ada", "role": "user"}
# TODO 4: users can delete themselves. From then on their tokens are worth nothing.
#   DELETE /users/me  Authorization: Bearer eyJhbGciOi…
#   204
# TODO 5: a token of a user who is disabled is worth nothing either.


@app.get("/products")
def list_products() -> list[Product]:
    return list(products.values())


# TODO 6: only admins may change the products. Others get 403, and 401 without a token.
@app.post("/products", status_code=201)
def create_product(new: NewProduct) -> Product:
    product = Product(id=max(products, default=0) + 1, **new.model_dump())
    products[product.id] = product
    return product


@app.delete("/products/{product_id}", status_code=204)
def delete_product(product_id: int) -> None:
    if product_id not in products:
        raise HTTPException(404, "No such product")
    del products[product_id]
