# Each book holds its notes, so they go with it; one counter gives the ids of both.
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

router = APIRouter(prefix="/books")
numbers = count(100)
shelf: dict[int, "Entry"] = {}


class Status(StrEnum):
    wanted = "wanted"
    reading = "reading"
    finished = "finished"


class Strict(BaseModel, extra="forbid"):
    @field_validator("title", "author", "text", mode="before", check_fields=False)
    @classmethod
    def strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


class Wish(Strict):
    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=100)
    pages: int | None = Field(None, ge=1, le=20_000)
    status: Status = Status.wanted
    rating: int | None = Field(None, ge=1, le=5)

    @model_validator(mode="after")
    def rated_when_finished(self):
        assert self.rating is None or self.status is Status.finished
        return self


class Remark(Strict):
    text: str = Field(min_length=1, max_length=1000)
    page: int | None = Field(None, gt=0)


class Query_(BaseModel, extra="forbid"):
    status: Status | None = None
    q: str = Field(None, min_length=1, max_length=50)
    limit: int = Field(10, gt=0, lt=51)
    offset: int = Field(0, gt=-1)


@dataclass
class Entry:
    wish: Wish
    notes: dict[int, Remark] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.wish.title.casefold(), self.wish.author.casefold()


@dataclass
class Refusal(Exception):
    status: int


def entry(book_id: int) -> Entry:
    if found := shelf.get(book_id):
        return found
    raise Refusal(404)


def remark(book_id: int, note_id: int) -> Remark:
    if found := entry(book_id).notes.get(note_id):
        return found
    raise Refusal(404)


def unique(new: Entry, besides: Entry | None = None) -> None:
    for other in shelf.values():
        if other is not besides and other.key == new.key:
            raise Refusal(409)


def book(number: int) -> dict:
    return {"id": number} | shelf[number].wish.model_dump()


def note(book_id: int, number: int) -> dict:
    return {"id": number, "book_id": book_id} | remark(book_id, number).model_dump()


@router.get("")
async def page(query: Query_ = Query()):
    found = []
    for number, one in shelf.items():
        if query.status and one.wish.status != query.status:
            continue
        if query.q and not any(query.q.casefold() in text for text in one.key):
            continue
        found.insert(0, book(number))
    end = query.offset + query.limit
    return {"items": found[query.offset : end], "total": len(found)}


@router.post("", status_code=201)
async def add(wish: Wish, request: Request, response: Response):
    new = Entry(wish)
    unique(new)
    number = next(numbers)
    shelf[number] = new
    response.headers["location"] = str(request.url_for("show", book_id=number))
    return book(number)


@router.get("/{book_id}")
async def show(book_id: int):
    entry(book_id)
    return book(book_id)


@router.patch("/{book_id}")
async def change(book_id: int, patch: dict[str, Any]):
    old = entry(book_id)
    new = Entry(Wish.model_validate(old.wish.model_dump() | patch), old.notes)
    unique(new, old)
    shelf[book_id] = new
    return book(book_id)


@router.delete("/{book_id}", status_code=204)
async def drop(book_id: int):
    entry(book_id)
    shelf.pop(book_id)


@router.get("/{book_id}/notes")
async def remarks(book_id: int):
    return [note(book_id, number) for number in entry(book_id).notes]


@router.post("/{book_id}/notes", status_code=201)
async def write(book_id: int, new: Remark, request: Request, response: Response):
    notes = entry(book_id).notes
    number = next(numbers)
    notes[number] = new
    where = request.url_for("look", book_id=book_id, note_id=number)
    response.headers["location"] = str(where)
    return note(book_id, number)


@router.get("/{book_id}/notes/{note_id}")
async def look(book_id: int, note_id: int):
    return note(book_id, note_id)


@router.put("/{book_id}/notes/{note_id}")
async def rewrite(book_id: int, note_id: int, new: Remark):
    remark(book_id, note_id)
    entry(book_id).notes[note_id] = new
    return note(book_id, note_id)


@router.delete("/{book_id}/notes/{note_id}", status_code=204)
async def erase(book_id: int, note_id: int):
    remark(book_id, note_id)
    del entry(book_id).notes[note_id]


app = FastAPI(title="Reading list")
app.include_router(router)


@app.exception_handler(Refusal)
async def refused(request: Request, error: Refusal) -> JSONResponse:
    return JSONResponse(asdict(error), error.status)


@app.exception_handler(ValidationError)
async def invalid(request: Request, error: ValidationError) -> JSONResponse:
    return JSONResponse({"errors": error.error_count()}, 422)
