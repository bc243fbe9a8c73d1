# One set of fields for everything; MISSING in the patch; validate_assignment in one go.
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)


def limited(longest: int):
    def check(text: str) -> str:
        text = text.strip()
        if not text:
            raise ValueError("empty")
        if len(text) > longest:
            raise ValueError("too long")
        return text

    return AfterValidator(check)


class BookIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, limited(200)]
    author: Annotated[str, limited(100)]
    pages: Annotated[int, Field(ge=1, le=20_000)] | None = None
    status: Literal["wanted", "reading", "finished"] = "wanted"
    rating: Literal[1, 2, 3, 4, 5] | None = None

    @field_validator("rating")
    @classmethod
    def only_when_finished(cls, rating: int | None, info: ValidationInfo) -> int | None:
        if rating is not None and info.data.get("status") != "finished":
            raise ValueError("not finished")
        return rating


class BookOut(BookIn):
    id: int
    model_config = ConfigDict(extra="ignore")


BookPatch = create_model(
    "BookPatch",
    __config__=ConfigDict(extra="forbid"),
    **{name: (object, None) for name in BookIn.model_fields},
)


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, limited(1000)]
    page: Annotated[int, Field(ge=1)] | None = None


class Search:
    def __init__(
        self,
        status: Literal["wanted", "reading", "finished"] | None = None,
        q: Annotated[str | None, Query(min_length=1, max_length=50)] = None,
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> None:
        self.status, self.q, self.page = status, q, slice(offset, offset + limit)

    def __call__(self, book: BookOut) -> bool:
        text = f"{book.title}\0{book.author}".upper()
        right = not self.status or book.status == self.status
        return right and (not self.q or self.q.upper() in text)


class Nothing(BaseModel, extra="forbid"):
    status: str | None = None
    q: str | None = None
    limit: str | None = None
    offset: str | None = None


def known(query: Annotated[Nothing, Query()]) -> None: ...


books: dict[int, BookOut] = {}
notes: dict[tuple[int, int], dict] = {}
taken: dict[tuple[str, str], int] = {}
newest = {"book": 40, "note": 7}


def key(book: BookIn) -> tuple[str, str]:
    return book.title.lower(), book.author.lower()


def new_id(what: str) -> int:
    newest[what] += 3
    return newest[what]


def book(book_id: int) -> BookOut:
    if book_id in books:
        return books[book_id]
    raise HTTPException(404)


def note_key(book_id: int, note_id: int) -> tuple[int, int]:
    if (book_id, note_id) in notes:
        return book_id, note_id
    raise HTTPException(404)


def store(id: int, new: BookIn) -> BookOut:
    if taken.get(key(new), id) != id:
        raise HTTPException(409)
    if id in books:
        del taken[key(books[id])]
    taken[key(new)] = id
    books[id] = BookOut(id=id, **new.model_dump())
    return books[id]


one = APIRouter(prefix="/books/{book_id}", dependencies=[Depends(book)])
app = FastAPI()


@app.get("/books", dependencies=[Depends(known)])
def page(search: Annotated[Search, Depends()]):
    found = [*filter(search, reversed([*books.values()]))]
    return {"total": len(found), "items": found[search.page]}


@app.post("/books", status_code=201)
def add(new: BookIn, response: Response) -> BookOut:
    made = store(newest["book"] + 3, new)
    response.headers["Location"] = f"/books/{new_id('book')}/"
    return made


@one.get("")
def show(book: Annotated[BookOut, Depends(book)]) -> BookOut:
    return book


@one.patch("")
def change(book_id: int, patch: BookPatch) -> BookOut:
    merged = {**books[book_id].model_dump(exclude={"id"}), **patch.model_dump(exclude_unset=True)}
    try:
        return store(book_id, BookIn(**merged))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


@one.delete("")
def drop(book_id: int) -> Response:
    del taken[key(books.pop(book_id))]
    for old in list(notes):
        if old[0] == book_id:
            notes.pop(old)
    return Response(status_code=204)


@one.get("/notes")
def all_notes(book_id: int) -> list[dict]:
    return [note for (owner, _), note in notes.items() if owner == book_id]


@one.post("/notes", status_code=201)
def write(book_id: int, new: NoteIn, response: Response) -> dict:
    id = new_id("note")
    notes[book_id, id] = {"id": id, "book_id": book_id, **dict(new)}
    response.headers["Location"] = f"/books/{book_id}/notes/{id}"
    return notes[book_id, id]


@one.get("/notes/{note_id}")
def look(at: Annotated[tuple, Depends(note_key)]) -> dict:
    return notes[at]


@one.put("/notes/{note_id}")
def rewrite(at: Annotated[tuple, Depends(note_key)], new: NoteIn) -> dict:
    notes[at] |= new.model_dump()
    return notes[at]


@one.delete("/notes/{note_id}", status_code=204)
def erase(at: Annotated[tuple, Depends(note_key)]) -> None:
    del notes[at]


app.include_router(one)
