# A middleware finds the member; the functions read request.state. Versions are kept beside the store.
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from fastapi.security.utils import get_authorization_scheme_param
from pwdlib import PasswordHash
from pydantic import BaseModel, ConfigDict
from settings import settings
from store import Member, NewEntry, NewMember, Password, entries, members

app = FastAPI()
hasher = PasswordHash.recommended()
unknown = hasher.hash("unknown unknown")
generation: Counter[int] = Counter()
OPEN = {("POST", "/members"), ("POST", "/login")}
LOCKED = {"WWW-Authenticate": "Bearer"}


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class Profile(View):
    name: str
    role: str


class Row(Profile):
    disabled: bool


class Page(View):
    title: str
    text: str


class NewPassword(BaseModel):
    old_password: str
    new_password: Password


class Switch(BaseModel):
    disabled: bool


def member_of(header: str | None) -> Member | None:
    scheme, token = get_authorization_scheme_param(header)
    if scheme.lower() != "bearer":
        return None
    try:
        claims = jwt.decode(
            token,
            settings.secret_key,
            algorithms=["HS256"],
            options={"require": ["exp", "sub", "gen"]},
        )
        member = members.get(int(claims["sub"]))
    except (jwt.PyJWTError, ValueError):
        return None
    if member and not member.disabled and generation[member.id] == claims["gen"]:
        return member
    return None


@app.middleware("http")
async def identify(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    path = request.url.path.rstrip("/")
    if (request.method, path) in OPEN:
        return await call_next(request)
    member = member_of(request.headers.get("Authorization"))
    if member is None:
        return JSONResponse({"detail": "Who are you?"}, 401, LOCKED)
    if path.startswith("/members") and member.role != "admin":
        return JSONResponse({"detail": "Not you"}, 403)
    request.state.member = member
    return await call_next(request)


def current(request: Request) -> Member:
    return request.state.member


Current = Annotated[Member, Depends(current)]


def own(entry_id: int, member: Current) -> int:
    entry = entries.get(entry_id)
    if not entry or entry.owner_id != member.id:
        raise HTTPException(404, "No such entry")
    return entry_id


Own = Annotated[int, Depends(own)]


@app.post("/members", status_code=201, response_model=Profile)
def sign_up(new: NewMember):
    if members.find(new.name):
        raise HTTPException(409)
    try:
        return members.add(password_hash=hasher.hash(new.password), name=new.name)
    except ValueError as error:
        raise HTTPException(409) from error


@app.post("/login")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    member = members.find(form.username)
    right = hasher.verify(form.password, getattr(member, "password_hash", unknown))
    if not (right and member and not member.disabled):
        raise HTTPException(401, "Wrong name or password", LOCKED)
    claims = {
        "sub": str(member.id),
        "exp": int(time.time()) + settings.access_token_ttl,
        "gen": generation[member.id],
    }
    token = jwt.encode(claims, settings.secret_key, "HS256")
    return {"token_type": "bearer", "access_token": token}


@app.get("/me", response_model=Profile)
def me(member: Current):
    return member


@app.put("/me/password", status_code=204)
def set_password(member: Current, change: NewPassword):
    if not hasher.verify(change.old_password, member.password_hash):
        raise HTTPException(403)
    generation[member.id] += 1
    members.change(member.id, password_hash=hasher.hash(change.new_password))


@app.get("/entries", response_model=list[Page])
def pages(member: Current):
    return [entry for entry in entries.all() if entry.owner_id == member.id]


@app.post("/entries", status_code=201, response_model=Page)
def write(member: Current, new: NewEntry):
    return entries.add(owner_id=member.id, **new.model_dump())


@app.get("/entries/{entry_id}", response_model=Page)
def show(entry_id: Own):
    return entries.get(entry_id)


@app.put("/entries/{entry_id}", response_model=Page)
def rewrite(entry_id: Own, new: NewEntry):
    return entries.change(entry_id, **new.model_dump())


@app.delete("/entries/{entry_id}", status_code=204)
def tear_out(entry_id: Own):
    entries.delete(entry_id)


@app.get("/members", response_model=list[Row])
def everybody():
    return members.all()


@app.patch("/members/{member_id}", response_model=Row)
def switch(member_id: int, change: Switch):
    if not members.get(member_id):
        raise HTTPException(404)
    return members.change(member_id, **change.model_dump())
