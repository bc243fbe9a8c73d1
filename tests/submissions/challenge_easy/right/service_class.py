# A generic store, a service that is injected, TypedDicts as answers, one model for each kind of book.
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict


class BookDict(TypedDict):
    id: int
    title: str
    author: str
    pages: int | None
    status: str
    rating: int | None


class NoteDict(TypedDict):
    id: int
    book_id: int
    text: str
    page: int | None


class Base(BaseModel):
    model_config = ConfigDict(extra="forbid")


def Line(longest: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest)


class Unfinished(Base):
    title: Annotated[str, Line(200)]
    author: Annotated[str, Line(100)]
    pages: Annotated[int, Field(ge=1, le=20_000)] | None = None
    status: Literal["wanted", "reading"] = "wanted"
    rating: None = None


class Finished(Unfinished):
    status: Literal["finished"]
    rating: Annotated[int, Field(ge=1, le=5)] | None = None


class NoteIn(Base):
    text: Annotated[str, Line(1000)]
    page: Annotated[int, Field(ge=1)] | None = None


AnyBook = Finished | Unfinished
any_book: TypeAdapter[AnyBook] = TypeAdapter(AnyBook)

Row = TypeVar("Row", bound=dict)


class Table(Generic[Row]):
    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.newest = 0

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self.rows.values()))

    def insert(self, row: dict) -> Row:
        self.newest += 1
        self.rows[self.newest] = {"id": self.newest, **row}
        return self.rows[self.newest]

    def one(self, fits: Callable[[Row], bool]) -> Row:
        for row in self:
            if fits(row):
                return row
        raise HTTPException(404)


class Library:
    def __init__(self) -> None:
        self.books: Table[BookDict] = Table()
        self.notes: Table[NoteDict] = Table()

    def book(self, book_id: int) -> BookDict:
        return self.books.one(lambda row: row["id"] == book_id)

    def note(self, book_id: int, note_id: int) -> NoteDict:
        return self.notes.one(lambda row: row["id"] == note_id and row["book_id"] == book_id)

    def checked(self, raw: Any, own_id: int = 0) -> dict:
        try:
            new = any_book.validate_python(raw).model_dump()
        except ValidationError as error:
            raise HTTPException(422, error.title) from None
        for row in self.books:
            pairs = zip((row["title"], row["author"]), (new["title"], new["author"]), strict=True)
            if row["id"] != own_id and all(a.lower() == b.lower() for a, b in pairs):
                raise HTTPException(409)
        return new


library = Library()


def get_library() -> Library:
    return library


Lib = Annotated[Library, Depends(get_library)]
app = FastAPI()


class Asked(Base):
    status: Literal["wanted", "reading", "finished"] | None = None
    q: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    offset: Annotated[int, Field(ge=0)] = 0


@app.get("/books")
def search(asked: Annotated[Asked, Query()], lib: Lib) -> dict[str, list[BookDict] | int]:
    def fits(row: BookDict) -> bool:
        names = [row["title"].lower(), row["author"].lower()]
        return asked.status in (None, row["status"]) and (
            asked.q is None or any(asked.q.lower() in name for name in names)
        )

    found = sorted(filter(fits, lib.books), key=lambda row: -row["id"])
    return {"items": found[asked.offset :][: asked.limit], "total": len(found)}


@app.post("/books", status_code=201)
def add(raw: Annotated[Any, Body()], lib: Lib, response: Response) -> BookDict:
    row = lib.books.insert(lib.checked(raw))
    response.headers["Location"] = app.url_path_for("show", book_id=row["id"])
    return row


@app.get("/books/{book_id}")
def show(book_id: int, lib: Lib) -> BookDict:
    return lib.book(book_id)


@app.patch("/books/{book_id}")
def change(book_id: int, raw: dict[str, Any], lib: Lib) -> BookDict:
    row = lib.book(book_id)
    if "id" in raw:
        raise HTTPException(422)
    merged = {name: value for name, value in row.items() if name != "id"} | raw
    lib.books.rows[book_id] = {"id": book_id, **lib.checked(merged, book_id)}
    return lib.books.rows[book_id]


@app.delete("/books/{book_id}", status_code=204)
def remove(book_id: int, lib: Lib) -> None:
    del lib.books.rows[lib.book(book_id)["id"]]
    for row in lib.notes:
        if row["book_id"] == book_id:
            del lib.notes.rows[row["id"]]


@app.get("/books/{book_id}/notes")
def notes(book_id: int, lib: Lib) -> list[NoteDict]:
    lib.book(book_id)
    return [row for row in lib.notes if row["book_id"] == book_id]


@app.post("/books/{book_id}/notes", status_code=201)
def write(book_id: int, new: NoteIn, lib: Lib, response: Response) -> NoteDict:
    lib.book(book_id)
    row = lib.notes.insert({"book_id": book_id, **new.model_dump()})
    response.headers["Location"] = f"/books/{book_id}/notes/{row['id']}"
    return row


@app.get("/books/{book_id}/notes/{note_id}")
def look(book_id: int, note_id: int, lib: Lib) -> NoteDict:
    return lib.note(book_id, note_id)


@app.put("/books/{book_id}/notes/{note_id}")
def rewrite(book_id: int, note_id: int, new: NoteIn, lib: Lib) -> NoteDict:
    lib.note(book_id, note_id).update(new.model_dump())
    return lib.note(book_id, note_id)


@app.delete("/books/{book_id}/notes/{note_id}", status_code=204)
def erase(book_id: int, note_id: int, lib: Lib) -> None:
    del lib.notes.rows[lib.note(book_id, note_id)["id"]]
