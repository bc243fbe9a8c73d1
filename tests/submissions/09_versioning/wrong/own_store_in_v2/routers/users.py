from auth import CurrentUser
from fastapi import APIRouter
from pydantic import BaseModel
from store import Role

router = APIRouter(prefix="/users", tags=["users"])


class Profile(BaseModel):
    id: int
    username: str
    role: Role


@router.get("/me")
def read_me(user: CurrentUser) -> Profile:
    return Profile(id=user.id, username=user.username, role=user.role)
