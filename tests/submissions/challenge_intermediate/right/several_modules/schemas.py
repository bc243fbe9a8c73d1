from pydantic import BaseModel
from store import Password, Role


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
