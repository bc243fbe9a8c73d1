from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from pydantic import BaseModel
from security import Me, hashes, token, who
from store import NewUser, User, users
from typing_extensions import TypedDict

router = APIRouter(tags=["accounts"])


class Shown(TypedDict):
    id: int
    username: str
    role: str


class Login(BaseModel):
    username: str
    password: str
    grant_type: str = "password"


def shown(user: User) -> Shown:
    return Shown(id=user.id, username=user.username, role=user.role)


@router.post("/users", status_code=201)
def sign_up(new: NewUser) -> Shown:
    hashed = hashes.hash(new.password)
    try:
        return shown(users.add(new.username, hashed))
    except ValueError as error:
        raise HTTPException(409, str(error))


@router.post("/auth/token")
async def log_in(form: Annotated[Login, Form()]) -> dict[str, str | int]:
    return {"access_token": token(await who(form.username, form.password)), "token_type": "bearer"}


@router.get("/users/me")
async def read(user: Me) -> Shown:
    return shown(user)


@router.delete("/users/me", status_code=204)
async def leave(user: Me) -> None:
    users.delete(user.id)
