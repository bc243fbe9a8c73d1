"""Provided: the members of the club and what they have written. Nothing to change here."""

from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FOUNDER = "frieda"  # becomes an admin when she signs up, so that you have one to try things with

Role = Literal["member", "admin"]
Password = Annotated[str, Field(min_length=8, max_length=128)]


class Frozen(BaseModel):
    """A row as it is at this moment: ask again for what has changed since."""

    model_config = ConfigDict(frozen=True)


class Member(Frozen):
    id: int
    name: str
    password_hash: str
    role: Role = "member"
    disabled: bool = False
    token_version: int = 0  # for you to use, or not


class Entry(Frozen):
    id: int
    owner_id: int
    title: str
    text: str


class NewMember(BaseModel):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{3,30}$")]
    password: Password


class NewEntry(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=100)]
    text: Annotated[str, Field(max_length=5000)] = ""


class Members:
    def add(self, name: str, password_hash: str) -> Member:
        """The new member, with an id that nobody ever had. ValueError when the name is taken."""
        if self.find(name):
            raise ValueError(f"The name {name} is taken")
        role: Role = "admin" if name == FOUNDER else "member"
        member = Member(id=next(_ids), name=name, password_hash=password_hash, role=role)
        _members[member.id] = member
        return member

    def get(self, member_id: int) -> Member | None:
        return _members.get(member_id)

    def find(self, name: str) -> Member | None:
        """Upper and lower case make no difference: Ada and ada are the same member."""
        names = {member.name.lower(): member for member in _members.values()}
        return names.get(name.lower())

    def all(self) -> list[Member]:
        """In the order of their ids."""
        return list(_members.values())

    def change(self, member_id: int, **fields: Any) -> Member:
        """`members.change(7, disabled=True)`: the member as they are now. KeyError when unknown."""
        member = Member.model_validate(_members[member_id].model_dump() | fields)
        _members[member_id] = member
        return member

    def delete(self, member_id: int) -> None:
        """KeyError when unknown."""
        del _members[member_id]


class Entries:
    def add(self, owner_id: int, title: str, text: str) -> Entry:
        """The new entry, with an id that no entry ever had."""
        entry = Entry(id=next(_ids), owner_id=owner_id, title=title, text=text)
        _entries[entry.id] = entry
        return entry

    def get(self, entry_id: int) -> Entry | None:
        """The entry, whoever owns it."""
        return _entries.get(entry_id)

    def all(self) -> list[Entry]:
        """Those of all members, in the order of their ids."""
        return list(_entries.values())

    def change(self, entry_id: int, **fields: Any) -> Entry:
        """`entries.change(7, title="…")`: the entry as it is now. KeyError when unknown."""
        entry = Entry.model_validate(_entries[entry_id].model_dump() | fields)
        _entries[entry_id] = entry
        return entry

    def delete(self, entry_id: int) -> None:
        """KeyError when unknown."""
        del _entries[entry_id]


members = Members()
entries = Entries()

_ids = count(1)
_members: dict[int, Member] = {}
_entries: dict[int, Entry] = {}
