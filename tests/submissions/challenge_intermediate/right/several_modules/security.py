from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pwdlib import PasswordHash
from settings import settings
from store import Member, members

ALGORITHM = "HS256"

hasher = PasswordHash.recommended()
DUMMY_HASH = hasher.hash("nobody's password")

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="login")


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def authenticate(name: str, password: str) -> Member | None:
    """The member with this name and this password, unless they are disabled."""
    member = members.find(name)
    matches = hasher.verify(password, member.password_hash if member else DUMMY_HASH)
    return member if member and matches and not member.disabled else None


def make_token(member: Member) -> str:
    expires = datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)
    claims = {"sub": str(member.id), "exp": expires, "ver": member.token_version}
    return jwt.encode(claims, settings.secret_key, ALGORITHM)


def get_current_member(token: Annotated[str, Depends(oauth2_scheme)]) -> Member:
    try:
        claims = jwt.decode(
            token, settings.secret_key, [ALGORITHM], options={"require": ["exp", "sub", "ver"]}
        )
        member = members.get(int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        raise unauthorized("This token is not valid") from None
    # The version goes up with each new password, and leaves all older tokens behind.
    if member is None or member.disabled or claims["ver"] != member.token_version:
        raise unauthorized("This token is not valid")
    return member


CurrentMember = Annotated[Member, Depends(get_current_member)]


def require_admin(member: CurrentMember) -> None:
    if member.role != "admin":
        raise HTTPException(403, "Only for admins")
