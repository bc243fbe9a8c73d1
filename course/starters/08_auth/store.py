"""Provided: the shop's users and products. Use it, there is nothing to change here."""

from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

OWNER = "olive"  # becomes an admin when she signs up, so that you have one to try things with

Role = Literal["user", "admin"]


class NewUser(BaseModel):
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{3,30}$")]
    password: Annotated[str, Field(min_length=8, max_length=128)]


class User(BaseModel):
    """A user as they are at this moment: ask again for what has changed since."""

    model_config = ConfigDict(frozen=True)

    id: int
    username: str
    password_hash: str
    role: Role = "user"
    disabled: bool = False


class Users:
    def add(self, username: str, password_hash: str) -> User:
        """The new user, with an id that nobody ever had. ValueError when the name is taken."""
        if self.find(username):
            raise ValueError(f"The name {username} is taken")
        role: Role = "admin" if username == OWNER else "user"
        user = User(id=next(_ids), username=username, password_hash=password_hash, role=role)
        _users[user.id] = user
        return user

    def get(self, user_id: int) -> User | None:
        return _users.get(user_id)

    def find(self, username: str) -> User | None:
        """Upper and lower case make no difference: Ada and ada are the same user."""
        names = {user.username.lower(): user for user in _users.values()}
        return names.get(username.lower())

    def change(self, user_id: int, **fields: Any) -> User:
        """`users.change(7, disabled=True)`: the user as they are now. KeyError when unknown."""
        user = User.model_validate(_users[user_id].model_dump() | fields)
        _users[user_id] = user
        return user

    def delete(self, user_id: int) -> None:
        """KeyError when unknown."""
        del _users[user_id]


class NewProduct(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Annotated[int, Field(ge=0)]


class Product(NewProduct):
    id: int


users = Users()
products: dict[int, Product] = {
    number: Product(id=number, name=name, price_cents=price_cents)
    for number, (name, price_cents) in enumerate(
        [("Enamel mug", 1250), ("Cast-iron pan", 4900), ("Desk lamp", 3500)], start=1
    )
}

_ids = count(1)
_users: dict[int, User] = {}
