# fails: test_admins_see_and_disable_members
# kind: wrong-body
# says: The body held a role and a name too, and they had an effect
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from pydantic import BaseModel, StrictBool
from settings import settings
from store import Entry, Member, NewEntry, NewMember, Password, entries, members

hasher = PasswordHasher()
NOBODY = hasher.hash("nobody")
scheme = OAuth2PasswordBearer(tokenUrl="login", scopes={"admin": "run the club"})


def fits(password: str, hashed: str) -> bool:
    try:
        return hasher.verify(hashed, password)
    except VerifyMismatchError:
        return False


class Tokens:
    options = {"require": ["sub", "exp"]}

    def write(self, member: Member) -> str:
        now = datetime.now(UTC)
        claims = {
            "iss": "club",
            "iat": now,
            "sub": f"{member.id}/{member.token_version}",
            "exp": now + timedelta(seconds=settings.access_token_ttl),
        }
        return jwt.encode(claims, settings.secret_key, algorithm="HS256")

    def read(self, token: str) -> Member | None:
        try:
            claims = jwt.decode(
                token, settings.secret_key, algorithms=["HS256"], options=self.options
            )
        except jwt.InvalidTokenError:
            return None
        for member in members.all():
            if claims["sub"] == f"{member.id}/{member.token_version}" and not member.disabled:
                return member
        return None


tokens = Tokens()


class Guard:
    def __call__(self, scopes: SecurityScopes, token: Annotated[str, Depends(scheme)]) -> Member:
        if (member := tokens.read(token)) is None:
            raise HTTPException(401, headers={"WWW-Authenticate": f'Bearer scope="{scopes.scope_str}"'})
        if "admin" in scopes.scopes and member.role != "admin":
            raise HTTPException(403)
        return member


guard = Guard()
Me = Annotated[Member, Security(guard)]
Admin = Security(guard, scopes=["admin"])

open_to_all, for_members = APIRouter(), APIRouter(dependencies=[Security(guard)])
for_admins = APIRouter(prefix="/members", dependencies=[Admin])


class Login(BaseModel):
    username: str
    password: str
    grant_type: str = "password"


class Passwords(BaseModel):
    old_password: str
    new_password: Password


class Disabled(BaseModel, extra="allow"):
    disabled: StrictBool


def brief(member: Member, *more: str) -> dict[str, Any]:
    return {name: getattr(member, name) for name in ("id", "name", "role", *more)}


def text_of(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "title": entry.title, "text": entry.text}


@open_to_all.post("/members", status_code=201)
def join(new: NewMember) -> dict:
    if any(member.name.lower() == new.name.lower() for member in members.all()):
        raise HTTPException(409)
    return brief(members.add(new.name, hasher.hash(new.password)))


@open_to_all.post("/login")
def enter(form: Annotated[Login, Form()]) -> dict:
    member = members.find(form.username)
    right = fits(form.password, member.password_hash if member else NOBODY)
    if right and member and not member.disabled:
        return {"access_token": tokens.write(member), "token_type": "bearer"}
    raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


@for_members.get("/me")
def me(member: Me) -> dict:
    return brief(member)


@for_members.put("/me/password", status_code=204)
def renew(member: Me, passwords: Passwords) -> None:
    if not fits(passwords.old_password, member.password_hash):
        raise HTTPException(403)
    version = member.token_version + 1
    new = hasher.hash(passwords.new_password)
    members.change(member.id, password_hash=new, token_version=version)


@for_members.get("/entries")
def shelf(member: Me) -> list[dict]:
    return [text_of(entry) for entry in entries.all() if entry.owner_id == member.id]


@for_members.post("/entries", status_code=201)
def write(member: Me, new: NewEntry) -> dict:
    return text_of(entries.add(member.id, new.title, new.text))


def own(member: Me, entry_id: int) -> Entry:
    found = {entry.id: entry for entry in entries.all() if entry.owner_id == member.id}
    if entry_id not in found:
        raise HTTPException(404)
    return found[entry_id]


Own = Annotated[Entry, Depends(own)]


@for_members.get("/entries/{entry_id}")
def read(entry: Own) -> dict:
    return text_of(entry)


@for_members.put("/entries/{entry_id}")
def rewrite(entry: Own, new: NewEntry) -> dict:
    return text_of(entries.change(entry.id, **new.model_dump()))


@for_members.delete("/entries/{entry_id}", status_code=204)
def burn(entry: Own) -> None:
    entries.delete(entry.id)


@for_admins.get("")
def everybody() -> list[dict]:
    return [brief(member, "disabled") for member in members.all()]


@for_admins.patch("/{member_id}")
def switch(member_id: int, switch: Disabled) -> dict:
    if members.get(member_id) is None:
        raise HTTPException(404)
    return brief(members.change(member_id, **switch.model_dump()), "disabled")


app = FastAPI()
for router in (open_to_all, for_members, for_admins):
    app.include_router(router)
