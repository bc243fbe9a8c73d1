import asyncio
import calendar
import time
from typing import Annotated

import jwt
from argon2 import PasswordHasher, exceptions
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from settings import settings
from store import User, users

hashes = PasswordHasher(time_cost=4, memory_cost=102400, parallelism=1)
_spare = hashes.hash("spare")


class Unauthorized(HTTPException):
    def __init__(self) -> None:
        super().__init__(401, headers={"WWW-Authenticate": "Bearer"})


class Tokens(HTTPBearer):
    """The token itself is the dependency, and gives the user."""

    async def __call__(self, request: Request) -> User:
        try:
            given: HTTPAuthorizationCredentials = await super().__call__(request)
        except HTTPException:
            raise Unauthorized
        try:
            claims = jwt.decode(
                given.credentials, settings.secret_key.encode(), ["HS256"], {"require": ["exp"]}
            )
        except jwt.InvalidTokenError:
            raise Unauthorized
        found = [user for user in _everybody() if str(user.id) == claims.get("sub")]
        if not found or found[0].disabled:
            raise Unauthorized
        return found[0]


def _everybody():
    number = 1
    while number < 10_000:
        if user := users.get(number):
            yield user
        number += 1


me = Tokens(auto_error=True)
Me = Annotated[User, Depends(me)]


async def admin(user: Me) -> User:
    if user.role == "user":
        raise HTTPException(403)
    return user


async def who(name: str, password: str) -> User:
    user = users.find(name)

    def fits() -> bool:
        try:
            return hashes.verify(user.password_hash if user else _spare, password)
        except exceptions.VerifyMismatchError:
            return False

    if not await asyncio.to_thread(fits) or not user or user.disabled:
        raise Unauthorized
    return user


def token(user: User) -> str:
    exp = calendar.timegm(time.gmtime()) + settings.access_token_ttl
    return jwt.encode({"sub": str(user.id), "exp": exp}, settings.secret_key.encode())
