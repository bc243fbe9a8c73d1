from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from schemas import EntryOut
from security import CurrentMember
from store import Entry, NewEntry, entries

router = APIRouter(prefix="/entries", tags=["diary"])


def get_own_entry(entry_id: int, member: CurrentMember) -> Entry:
    entry = entries.get(entry_id)
    # To everybody but its owner, an entry does not exist.
    if entry is None or entry.owner_id != member.id:
        raise HTTPException(404, "You have no such entry")
    return entry


OwnEntry = Annotated[Entry, Depends(get_own_entry)]

@router.get("", response_model=list[EntryOut])
def list_entries(member: CurrentMember) -> list[Entry]:
    return [entry for entry in entries.all() if entry.owner_id == member.id]


@router.post("", status_code=201, response_model=EntryOut)
def create_entry(member: CurrentMember, new: NewEntry) -> Entry:
    return entries.add(member.id, new.title, new.text)


@router.get("/{entry_id}", response_model=EntryOut)
def read_entry(entry: OwnEntry) -> Entry:
    return entry


@router.put("/{entry_id}", response_model=EntryOut)
def replace_entry(entry: OwnEntry, new: NewEntry) -> Entry:
    return entries.change(entry.id, title=new.title, text=new.text)


@router.delete("/{entry_id}", status_code=204)
def delete_entry(entry: OwnEntry) -> None:
    entries.delete(entry.id)
