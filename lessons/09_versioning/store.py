"""Provided: the shop's users. Use it, there is nothing to change here."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Role = Literal["user", "admin"]


class User(BaseModel):
    """A user as they are at this moment: ask again for what has changed since."""

    model_config = ConfigDict(frozen=True)

    id: int
    username: str
    password_hash: str
    role: Role = "user"
    disabled: bool = False


class Users:
    def add(self, username: str, password_hash: str, role: Role = "user") -> User:
        """The new user. ValueError when the name is taken."""
        if self.find(username):
            raise ValueError(f"The name {username} is taken")
        user_id = max(_users, default=0) + 1
        _users[user_id] = User(
            id=user_id, username=username, password_hash=password_hash, role=role
        )
        return _users[user_id]

    def get(self, user_id: int) -> User | None:
        return _users.get(user_id)

    def find(self, username: str) -> User | None:
        names = {user.username.lower(): user for user in _users.values()}
        return names.get(username.lower())

    def change(self, user_id: int, **fields: Any) -> User:
        """`users.change(7, disabled=True)`: the user as they are now. KeyError when unknown."""
        user = User.model_validate(_users[user_id].model_dump() | fields)
        _users[user_id] = user
        return user


_users: dict[int, User] = {}

users = Users()
# To try things with. The passwords are "correct horse" and "battery staple".
users.add(
    "ada",
    "$argon2id$v=19$m=65536,t=3,p=4$fTY7TJGOAZhiDe6Tjv4XDQ$MoPDvr65jRB8OAmzc4t16bn/WYpjPFUZ1s+uwiOKOLQ",
)
users.add(
    "olive",
    "$argon2id$v=19$m=65536,t=3,p=4$GI43duaxSzR6UGiGZ4fryg$OCOYwUaGx5/VGnx+sba5FFslzqyiep//iyYAmGDHBck",
    role="admin",
)
