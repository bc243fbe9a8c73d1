# fails: test_a_new_password_ends_old_tokens
# kind: wrong-status
# says: The token was issued before the password changed, and still counts. Whoever has stolen it stays in
import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel
from settings import settings
from starlette.exceptions import HTTPException as StarletteHTTPException
from store import Entry, Member, NewEntry, NewMember, Password, entries, members

app = FastAPI()
hasher = PasswordHash.recommended()
somebody = hasher.hash(secrets.token_hex())
oauth2 = OAuth2PasswordBearer("/login")
sessions: dict[int, set[str]] = defaultdict(set)


@app.exception_handler(StarletteHTTPException)
async def challenge(request: Request, error: StarletteHTTPException) -> Response:
    if error.status_code == 401:
        error.headers = {"WWW-Authenticate": 'Bearer realm="Members only"'}
    return await http_exception_handler(request, error)


@dataclass
class Profile:
    id: int
    name: str
    role: str


@dataclass
class Row(Profile):
    disabled: bool


@dataclass
class Page:
    id: int
    title: str
    text: str


class Passwords(BaseModel):
    old_password: str
    new_password: Password


class Switch(BaseModel, extra="forbid"):
    disabled: bool


def profile(member: Member) -> Profile:
    return Profile(member.id, member.name, member.role)


def row(member: Member) -> Row:
    return Row(member.id, member.name, member.role, member.disabled)


def page(entry: Entry) -> Page:
    return Page(entry.id, entry.title, entry.text)


def current(token: str = Depends(oauth2)) -> Member:
    try:
        claims = jwt.decode(
            token, settings.secret_key, ["HS256"], {"require": ["exp", "sub", "jti"]}
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401, str(error)) from None
    for id, open_ones in sessions.items():
        if claims["jti"] in open_ones and str(id) == claims["sub"]:
            member = members.get(id)
            if member and not member.disabled:
                return member
    raise HTTPException(401)


def needs(role: str):
    def allowed(member: Member = Depends(current)) -> None:
        if member.role != role:
            raise HTTPException(403, f"You are no {role}")

    return Depends(allowed)


def mine(entry_id: int, member: Member = Depends(current)) -> Entry:
    for entry in entries.all():
        if (entry.id, entry.owner_id) == (entry_id, member.id):
            return entry
    raise HTTPException(404)


@app.post("/members", status_code=201)
def sign_up(new: NewMember) -> Profile:
    try:
        return profile(members.add(new.name, hasher.hash(new.password)))
    except ValueError:
        raise HTTPException(409) from None


@app.post("/login")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    member = members.find(form.username)
    hashed = member.password_hash if member else somebody
    if not hasher.verify(form.password, hashed) or not member or member.disabled:
        raise HTTPException(401, "Wrong name or password")
    session = secrets.token_urlsafe()
    sessions[member.id].add(session)
    ends = datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)
    claims = {"sub": str(member.id), "exp": ends, "jti": session}
    token = jwt.encode(claims, settings.secret_key, algorithm="HS256")
    return {"access_token": token, "token_type": "bearer"}


@app.get("/me")
def me(member: Member = Depends(current)) -> Profile:
    return profile(member)


@app.put("/me/password", status_code=204)
def change_password(
    passwords: Passwords,
    member: Member = Depends(current),
    token: str = Depends(oauth2),
) -> None:
    if not hasher.verify(passwords.old_password, member.password_hash):
        raise HTTPException(403)
    members.change(member.id, password_hash=hasher.hash(passwords.new_password))
    claims = jwt.decode(token, options={"verify_signature": False})
    sessions[member.id].discard(claims["jti"])


@app.get("/entries")
def list_entries(member: Member = Depends(current)) -> list[Page]:
    return [page(entry) for entry in entries.all() if entry.owner_id == member.id]


@app.post("/entries", status_code=201)
def write(new: NewEntry, member: Member = Depends(current)) -> Page:
    return page(entries.add(member.id, **new.model_dump()))


@app.get("/entries/{entry_id}")
def look(entry: Entry = Depends(mine)) -> Page:
    return page(entry)


@app.put("/entries/{entry_id}")
def rewrite(new: NewEntry, entry: Entry = Depends(mine)) -> Page:
    return page(entries.change(entry.id, **new.model_dump()))


@app.delete("/entries/{entry_id}", status_code=204)
def erase(entry: Entry = Depends(mine)) -> None:
    entries.delete(entry.id)


@app.get("/members", dependencies=[needs("admin")])
def everybody() -> list[Row]:
    return [row(member) for member in members.all()]


@app.patch("/members/{member_id}", dependencies=[needs("admin")])
def switch(member_id: int, change: Switch) -> Row:
    try:
        member = members.change(member_id, disabled=change.disabled)
    except KeyError:
        raise HTTPException(404) from None
    if member.disabled:
        sessions.pop(member.id, None)
    return row(member)
