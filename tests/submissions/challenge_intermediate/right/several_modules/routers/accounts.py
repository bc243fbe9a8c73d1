from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordRequestForm
from schemas import MemberChange, PasswordChange, Profile, ProfileForAdmins, Token
from security import CurrentMember, authenticate, hasher, make_token, require_admin, unauthorized
from store import Member, NewMember, members

router = APIRouter(tags=["accounts"])
admins = APIRouter(prefix="/members", tags=["admins"], dependencies=[Depends(require_admin)])


@router.post("/members", status_code=201, response_model=Profile)
def sign_up(new: NewMember) -> Member:
    if members.find(new.name):
        raise HTTPException(409, "This name is taken")
    try:
        return members.add(new.name, password_hash=hasher.hash(new.password))
    except ValueError:
        raise HTTPException(409, "This name is taken") from None


@router.post("/login")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    member = authenticate(form.username, form.password)
    if member is None:
        raise unauthorized("Wrong name or password")
    return Token(access_token=make_token(member))


@router.get("/me", response_model=Profile)
def read_me(member: CurrentMember) -> Member:
    return member


@router.put("/me/password", status_code=204)
def change_password(member: CurrentMember, change: PasswordChange) -> None:
    if not hasher.verify(change.old_password, member.password_hash):
        raise HTTPException(403, "The old password is another one")
    members.change(
        member.id,
        password_hash=hasher.hash(change.new_password),
        token_version=member.token_version + 1,
    )


@admins.get("", response_model=list[ProfileForAdmins])
def list_members() -> list[Member]:
    return members.all()


@admins.patch("/{member_id}", response_model=ProfileForAdmins)
def change_member(member_id: int, change: MemberChange) -> Member:
    if members.get(member_id) is None:
        raise HTTPException(404, "No such member")
    return members.change(member_id, disabled=change.disabled)
