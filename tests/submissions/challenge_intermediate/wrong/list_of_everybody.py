# fails: test_entries_are_written_and_changed
# kind: wrong-body
# says: The list shows those and no others, the oldest first
import asyncio
import time
from itertools import count
from typing import Optional

import jwt
from fastapi import Depends, FastAPI, HTTPException, Response, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel, Field
from settings import settings
from store import Member, NewEntry, NewMember, entries, members

app = FastAPI(title="Members only")
bearer = HTTPBearer(auto_error=False)
password_hash = PasswordHash.recommended()
dummy = password_hash.hash("dummy password")
numbers = count(1)
oldest_number = {}


class MemberOut(BaseModel):
    id: int
    name: str
    role: str


class MemberRow(MemberOut):
    disabled: bool


class EntryOut(BaseModel):
    id: int
    title: str
    text: str


class ChangePassword(BaseModel):
    old_password: str
    new_password: str = Field(min_length=8, max_length=128)


class ChangeMember(BaseModel):
    disabled: bool


def not_known():
    return HTTPException(
        status_code=status.HTTP_401_UNAUTHORIZED,
        detail="Could not validate credentials",
        headers={"WWW-Authenticate": "Bearer"},
    )


async def get_member(
    credentials: Optional[HTTPAuthorizationCredentials] = Depends(bearer),
) -> Member:
    if credentials is None:
        raise not_known()
    try:
        payload = jwt.decode(
            credentials.credentials, key=settings.secret_key, algorithms=["HS256"]
        )
        member = members.get(int(payload["sub"]))
        if not payload["exp"] or payload["number"] <= oldest_number.get(member.id, 0):
            raise not_known()
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError):
        raise not_known()
    if member.disabled:
        raise not_known()
    return member


async def get_admin(member: Member = Depends(get_member)) -> Member:
    if member.role == "admin":
        return member
    raise HTTPException(status_code=status.HTTP_403_FORBIDDEN)


def get_mine(entry_id: int, member: Member) -> None:
    entry = entries.get(entry_id)
    if entry is not None and entry.owner_id == member.id:
        return entry
    raise HTTPException(status_code=status.HTTP_404_NOT_FOUND)


@app.post("/members", response_model=MemberOut, status_code=201)
async def create_member(new: NewMember):
    if members.find(new.name):
        raise HTTPException(status_code=status.HTTP_409_CONFLICT)
    hashed = await asyncio.to_thread(password_hash.hash, new.password)
    return members.add(new.name, hashed)


@app.post("/login")
async def login(form: OAuth2PasswordRequestForm = Depends()):
    member = members.find(form.username)
    hashed = member.password_hash if member else dummy
    valid = await asyncio.to_thread(password_hash.verify, form.password, hashed)
    if member is None or member.disabled or not valid:
        raise not_known()
    claims = {
        "sub": str(member.id),
        "exp": int(time.time()) + settings.access_token_ttl,
        "number": next(numbers),
    }
    return {"access_token": jwt.encode(claims, settings.secret_key), "token_type": "bearer"}


@app.get("/me", response_model=MemberOut)
async def read_me(member: Member = Depends(get_member)):
    return member


@app.put("/me/password")
async def put_password(change: ChangePassword, member: Member = Depends(get_member)):
    fits = await asyncio.to_thread(
        password_hash.verify, change.old_password, member.password_hash
    )
    if not fits:
        raise HTTPException(status_code=status.HTTP_403_FORBIDDEN)
    hashed = await asyncio.to_thread(password_hash.hash, change.new_password)
    members.change(member.id, password_hash=hashed)
    oldest_number[member.id] = next(numbers)
    return Response(status_code=204)


@app.get("/entries", response_model=list[EntryOut])
async def get_entries(member: Member = Depends(get_member)):
    return entries.all()


@app.post("/entries", response_model=EntryOut, status_code=201)
async def post_entry(new: NewEntry, member: Member = Depends(get_member)):
    return entries.add(member.id, new.title, new.text)


@app.get("/entries/{entry_id}", response_model=EntryOut)
async def get_entry(entry_id: int, member: Member = Depends(get_member)):
    return get_mine(entry_id, member)


@app.put("/entries/{entry_id}", response_model=EntryOut)
async def put_entry(entry_id: int, new: NewEntry, member: Member = Depends(get_member)):
    get_mine(entry_id, member)
    return entries.change(entry_id, title=new.title, text=new.text)


@app.delete("/entries/{entry_id}", status_code=204)
async def delete_entry(entry_id: int, member: Member = Depends(get_member)):
    get_mine(entry_id, member)
    entries.delete(entry_id)


@app.get("/members", response_model=list[MemberRow])
async def get_members(admin: Member = Depends(get_admin)):
    return members.all()


@app.patch("/members/{member_id}", response_model=MemberRow)
async def patch_member(
    member_id: int, change: ChangeMember, admin: Member = Depends(get_admin)
):
    if not members.get(member_id):
        raise HTTPException(status_code=status.HTTP_404_NOT_FOUND)
    return members.change(member_id, disabled=change.disabled)
