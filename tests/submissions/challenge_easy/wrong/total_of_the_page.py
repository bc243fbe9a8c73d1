# fails: test_the_list_comes_in_pages
# kind: wrong-body
# says: however many of them are on this page. total tells a client how many pages there are
from itertools import count
from typing import Annotated, Literal, Self

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

app = FastAPI(title="Reading list")

Status = Literal["wanted", "reading", "finished"]


def trimmed(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest)


class BookFields(BaseModel):
    title: Annotated[str, trimmed(200)]
    author: Annotated[str, trimmed(100)]
    pages: Annotated[int | None, Field(ge=1, le=20_000)] = None
    status: Status = "wanted"
    rating: Annotated[int | None, Field(ge=1, le=5)] = None


class BookIn(BookFields):
    """A book as a client writes it, with all rules."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def check_rating(self) -> Self:
        if self.rating is not None and self.status != "finished":
            raise ValueError("only a finished book has a rating")
        return self


class BookPatch(BaseModel):
    """Each field may be left out. The rules are those of the book that comes out."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    author: str | None = None
    pages: int | None = None
    status: Status | None = None
    rating: int | None = None


class Book(BookFields):
    id: int


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, trimmed(1000)]
    page: Annotated[int | None, Field(ge=1)] = None


class Note(NoteIn):
    id: int
    book_id: int


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    offset: Annotated[int, Field(ge=0)] = 0

    def finds(self, book: Book) -> bool:
        text = (self.q or "").lower()
        return (self.status is None or book.status == self.status) and (
            text in book.title.lower() or text in book.author.lower()
        )


class Page(BaseModel):
    items: list[Book]
    total: int


books: dict[int, Book] = {}
notes: dict[int, Note] = {}
book_ids, note_ids = count(1), count(1)


def get_book(book_id: int) -> Book:
    if book_id not in books:
        raise HTTPException(404, "No such book")
    return books[book_id]


def get_note(book_id: int, note_id: int) -> Note:
    note = notes.get(note_id)
    if note is None or note.book_id != book_id:
        raise HTTPException(404, "This book has no such note")
    return note


FoundBook = Annotated[Book, Depends(get_book)]
FoundNote = Annotated[Note, Depends(get_note)]


def check_new(new: BookIn, own_id: int | None = None) -> None:
    wanted = (new.title.lower(), new.author.lower())
    for book in books.values():
        if (book.title.lower(), book.author.lower()) == wanted and book.id != own_id:
            raise HTTPException(409, "This book is on the list already")


@app.get("/books")
def list_books(search: Annotated[Search, Query()]) -> Page:
    found = [book for book in reversed(books.values()) if search.finds(book)]
    items = found[search.offset :][: search.limit]
    return Page(items=items, total=len(items))


@app.post("/books", status_code=201)
def create_book(new: BookIn, response: Response) -> Book:
    check_new(new)
    book = Book(id=next(book_ids), **new.model_dump())
    books[book.id] = book
    response.headers["Location"] = f"/books/{book.id}"
    return book


@app.get("/books/{book_id}")
def read_book(book: FoundBook) -> Book:
    return book


@app.patch("/books/{book_id}")
def change_book(book: FoundBook, patch: BookPatch) -> Book:
    merged = book.model_dump(exclude={"id"}) | patch.model_dump(exclude_unset=True)
    try:
        new = BookIn.model_validate(merged)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error
    check_new(new, book.id)
    books[book.id] = Book(id=book.id, **new.model_dump())
    return books[book.id]


@app.delete("/books/{book_id}", status_code=204)
def delete_book(book: FoundBook) -> None:
    del books[book.id]
    for note in list_notes(book):
        del notes[note.id]


@app.get("/books/{book_id}/notes")
def list_notes(book: FoundBook) -> list[Note]:
    return [note for note in notes.values() if note.book_id == book.id]


@app.post("/books/{book_id}/notes", status_code=201)
def create_note(book: FoundBook, new: NoteIn, response: Response) -> Note:
    note = Note(id=next(note_ids), book_id=book.id, **new.model_dump())
    notes[note.id] = note
    response.headers["Location"] = f"/books/{book.id}/notes/{note.id}"
    return note


@app.get("/books/{book_id}/notes/{note_id}")
def read_note(note: FoundNote) -> Note:
    return note


@app.put("/books/{book_id}/notes/{note_id}")
def replace_note(note: FoundNote, new: NoteIn) -> Note:
    notes[note.id] = Note(id=note.id, book_id=note.book_id, **new.model_dump())
    return notes[note.id]


@app.delete("/books/{book_id}/notes/{note_id}", status_code=204)
def delete_note(note: FoundNote) -> None:
    del notes[note.id]
