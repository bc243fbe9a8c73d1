# fails: test_a_new_password_ends_old_tokens
# kind: wrong-status
# says: The change and the login fell into the same second, and PyJWT writes iat in whole seconds
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel
from settings import settings
from store import Entry, Member, NewEntry, NewMember, Password, Role, entries, members

ALGORITHM = "HS256"

hasher = PasswordHash.recommended()
# Checked for names that nobody has, so that they take as long as a wrong password.
DUMMY_HASH = hasher.hash("nobody's password")

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="login")


password_changed_at: dict[int, int] = {}


class Profile(BaseModel):
    id: int
    name: str
    role: Role


class ProfileForAdmins(Profile):
    disabled: bool


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class PasswordChange(BaseModel):
    old_password: str
    new_password: Password


class MemberChange(BaseModel):
    disabled: bool


class EntryOut(BaseModel):
    id: int
    title: str
    text: str


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def authenticate(name: str, password: str) -> Member | None:
    """The member with this name and this password, unless they are disabled."""
    member = members.find(name)
    matches = hasher.verify(password, member.password_hash if member else DUMMY_HASH)
    return member if member and matches and not member.disabled else None


def make_token(member: Member) -> str:
    expires = datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)
    claims = {"sub": str(member.id), "exp": expires, "iat": datetime.now(UTC)}
    return jwt.encode(claims, settings.secret_key, ALGORITHM)


def get_current_member(token: Annotated[str, Depends(oauth2_scheme)]) -> Member:
    try:
        claims = jwt.decode(
            token, settings.secret_key, [ALGORITHM], options={"require": ["exp", "sub", "iat"]}
        )
        member = members.get(int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        raise unauthorized("This token is not valid") from None
    if member is None or member.disabled or claims["iat"] <= password_changed_at.get(member.id, 0):
        raise unauthorized("This token is not valid")
    return member


CurrentMember = Annotated[Member, Depends(get_current_member)]


def require_admin(member: CurrentMember) -> None:
    if member.role != "admin":
        raise HTTPException(403, "Only for admins")


def get_own_entry(entry_id: int, member: CurrentMember) -> Entry:
    entry = entries.get(entry_id)
    # To everybody but its owner, an entry does not exist.
    if entry is None or entry.owner_id != member.id:
        raise HTTPException(404, "You have no such entry")
    return entry


OwnEntry = Annotated[Entry, Depends(get_own_entry)]

app = FastAPI(title="Members only")
admins = APIRouter(prefix="/members", dependencies=[Depends(require_admin)])


@app.post("/members", status_code=201, response_model=Profile)
def sign_up(new: NewMember) -> Member:
    if members.find(new.name):
        raise HTTPException(409, "This name is taken")
    return members.add(new.name, password_hash=hasher.hash(new.password))


@app.post("/login")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    member = authenticate(form.username, form.password)
    if member is None:
        raise unauthorized("Wrong name or password")
    return Token(access_token=make_token(member))


@app.get("/me", response_model=Profile)
def read_me(member: CurrentMember) -> Member:
    return member


@app.put("/me/password", status_code=204)
def change_password(member: CurrentMember, change: PasswordChange) -> None:
    if not hasher.verify(change.old_password, member.password_hash):
        raise HTTPException(403, "The old password is another one")
    members.change(member.id, password_hash=hasher.hash(change.new_password))
    password_changed_at[member.id] = int(datetime.now(UTC).timestamp())


@app.get("/entries", response_model=list[EntryOut])
def list_entries(member: CurrentMember) -> list[Entry]:
    return [entry for entry in entries.all() if entry.owner_id == member.id]


@app.post("/entries", status_code=201, response_model=EntryOut)
def create_entry(member: CurrentMember, new: NewEntry) -> Entry:
    return entries.add(member.id, new.title, new.text)


@app.get("/entries/{entry_id}", response_model=EntryOut)
def read_entry(entry: OwnEntry) -> Entry:
    return entry


@app.put("/entries/{entry_id}", response_model=EntryOut)
def replace_entry(entry: OwnEntry, new: NewEntry) -> Entry:
    return entries.change(entry.id, title=new.title, text=new.text)


@app.delete("/entries/{entry_id}", status_code=204)
def delete_entry(entry: OwnEntry) -> None:
    entries.delete(entry.id)


@admins.get("", response_model=list[ProfileForAdmins])
def list_members() -> list[Member]:
    return members.all()


@admins.patch("/{member_id}", response_model=ProfileForAdmins)
def change_member(member_id: int, change: MemberChange) -> Member:
    if members.get(member_id) is None:
        raise HTTPException(404, "No such member")
    return members.change(member_id, disabled=change.disabled)


app.include_router(admins)
