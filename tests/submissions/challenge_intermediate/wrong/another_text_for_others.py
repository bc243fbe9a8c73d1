# fails: test_entries_of_others_are_404
# kind: wrong-body
# says: and one that is not there, are both 404, and say it in other words
import base64
import hashlib
import hmac
import json
import os
import time
from typing import Annotated

from fastapi import Body, FastAPI, Form, HTTPException, Request, Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from store import Member, NewEntry, NewMember, entries, members

KEY = os.environ["SECRET_KEY"].encode()
if len(KEY) < 32:
    raise SystemExit("SECRET_KEY is too short")

hasher = PasswordHash([Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1)])
app = FastAPI()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature(start: str) -> str:
    return b64(hmac.digest(KEY, start.encode("latin-1"), "sha256"))


def fingerprint(member: Member) -> str:
    return hashlib.sha256(member.password_hash.encode()).hexdigest()[:16]


def issue(member: Member) -> str:
    ends = int(time.time()) + int(os.environ.get("ACCESS_TOKEN_TTL", "900"))
    claims = {"sub": str(member.id), "exp": ends, "pwd": fingerprint(member)}
    header = {"alg": "HS256", "typ": "JWT"}
    start = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{start}.{signature(start)}"


def read(token: str) -> Member | None:
    head, payload, sent = token.split(".")
    if not hmac.compare_digest(signature(f"{head}.{payload}").encode(), sent.encode("latin-1")):
        return None
    header, claims = json.loads(unb64(head)), json.loads(unb64(payload))
    now = time.time()
    if header["alg"] != "HS256" or claims["exp"] <= now or claims.get("nbf", 0) > now:
        return None
    if not isinstance(claims["sub"], str):
        return None
    member = members.get(int(claims["sub"]))
    if member and not member.disabled and fingerprint(member) == claims["pwd"]:
        return member
    return None


def who(request: Request, role: str = "") -> Member:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    member = None
    if scheme.lower() == "bearer":
        try:
            member = read(token)
        except (ValueError, KeyError, TypeError, IndexError):
            member = None
    if member is None:
        raise HTTPException(401, headers={"www-authenticate": 'bearer realm="club"'})
    if role and member.role != role:
        raise HTTPException(403)
    return member


def parsed(model, raw):
    try:
        return model.model_validate(raw)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


def shown(entry) -> dict:
    return entry.model_dump(exclude={"owner_id"})


def own(request: Request, entry_id: str):
    member = who(request)
    try:
        entry = entries.get(int(entry_id))
    except ValueError:
        raise HTTPException(422) from None
    if entry is None:
        raise HTTPException(404)
    if entry.owner_id != member.id:
        raise HTTPException(404, f"Entry {entry.id} is not available")
    return entry


@app.post("/members", status_code=201)
def sign_up(new: NewMember) -> dict:
    if members.find(new.name) is not None:
        raise HTTPException(409)
    member = members.add(new.name, hasher.hash(new.password))
    return member.model_dump(include={"id", "name", "role"})


@app.post("/login")
def login(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> dict:
    member = members.find(username)
    if member is None:
        hasher.hash(password)  # as long as a verification
    elif hasher.verify(password, member.password_hash) and not member.disabled:
        return {"access_token": issue(member), "token_type": "Bearer", "expires_in": 900}
    raise HTTPException(401, "Wrong", headers={"www-authenticate": "bearer"})


@app.get("/me")
def me(request: Request) -> dict:
    return who(request).model_dump(include={"id", "name", "role"})


@app.put("/me/password")
def password(request: Request, raw: Annotated[dict | None, Body()] = None) -> Response:
    member = who(request)
    old, new = (raw or {}).get("old_password"), (raw or {}).get("new_password")
    if not isinstance(old, str) or not isinstance(new, str) or not 8 <= len(new) <= 128:
        raise HTTPException(422)
    if not hasher.verify(old, member.password_hash):
        raise HTTPException(403)
    members.change(member.id, password_hash=hasher.hash(new))
    return Response(status_code=204)


@app.get("/entries")
def all_entries(request: Request) -> list[dict]:
    member = who(request)
    return [shown(entry) for entry in entries.all() if entry.owner_id == member.id]


@app.post("/entries", status_code=201)
def write(request: Request, raw: Annotated[dict, Body()]) -> dict:
    member, new = who(request), parsed(NewEntry, raw)
    return shown(entries.add(member.id, new.title, new.text))


@app.get("/entries/{entry_id}")
def look(request: Request, entry_id: str) -> dict:
    return shown(own(request, entry_id))


@app.put("/entries/{entry_id}")
def rewrite(request: Request, entry_id: str, raw: Annotated[dict, Body()]) -> dict:
    entry = own(request, entry_id)
    return shown(entries.change(entry.id, **parsed(NewEntry, raw).model_dump()))


@app.delete("/entries/{entry_id}")
def erase(request: Request, entry_id: str) -> Response:
    entries.delete(own(request, entry_id).id)
    return Response(status_code=204)


LIST = {"id", "name", "role", "disabled"}


@app.get("/members")
def everybody(request: Request) -> list[dict]:
    who(request, "admin")
    return [member.model_dump(include=LIST) for member in members.all()]


@app.patch("/members/{member_id}")
def change(request: Request, member_id: str, raw: Annotated[dict, Body()]) -> dict:
    who(request, "admin")
    if not member_id.isdigit() or not isinstance(raw.get("disabled"), bool):
        raise HTTPException(422)
    if members.get(int(member_id)) is None:
        raise HTTPException(404)
    return members.change(int(member_id), disabled=raw["disabled"]).model_dump(include=LIST)
