"""Provided: the login, as a router. There is nothing to change here, it shows what one looks like."""

from typing import Annotated

from auth import authenticate, make_token, unauthorized
from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

router = APIRouter(prefix="/auth", tags=["login"])


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


@router.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    user = authenticate(form.username, form.password)
    if user is None:
        raise unauthorized("Wrong name or password")
    return Token(access_token=make_token(user))
