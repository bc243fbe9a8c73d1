# fails: test_notes_belong_to_a_book
# kind: wrong-status
# says: It was looked up by its id alone, so every book shows every note
from typing import List, Literal, Optional

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request, Response, status
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, constr, model_validator

app = FastAPI()


class BookBase(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=100)
    pages: Optional[int] = Field(default=None, ge=1, le=20000)
    status: Literal["wanted", "reading", "finished"] = "wanted"
    rating: Optional[int] = Field(default=None, ge=1, le=5)

    @model_validator(mode="after")
    def rating_needs_finished(self):
        if self.rating is not None and self.status != "finished":
            raise ValueError("not finished")
        return self


class BookOut(BaseModel):
    id: int
    title: str
    author: str
    pages: Optional[int]
    status: str
    rating: Optional[int]


class BookUpdate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Optional[str] = None
    author: Optional[str] = None
    pages: Optional[int] = None
    status: Optional[str] = None
    rating: Optional[int] = None


class NoteBase(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: constr(strip_whitespace=True, min_length=1, max_length=1000)
    page: Optional[int] = Field(default=None, ge=1)


class NoteOut(BaseModel):
    id: int
    book_id: int
    text: str
    page: Optional[int]


class BookPage(BaseModel):
    items: List[BookOut]
    total: int


all_books: List[BookOut] = []
all_notes: List[NoteOut] = []
last_book_id = 0
last_note_id = 0


def book_or_404(book_id: int = Path()):
    for book in all_books:
        if book.id == book_id:
            return book
    raise HTTPException(status_code=status.HTTP_404_NOT_FOUND, detail="Book not found")


def note_or_404(note_id: int, book: BookOut = Depends(book_or_404)):
    for note in all_notes:
        if note.id == note_id:
            return note
    raise HTTPException(status_code=status.HTTP_404_NOT_FOUND, detail="Note not found")


def known_parameters(request: Request):
    if set(request.query_params) - {"status", "q", "limit", "offset"}:
        raise HTTPException(status_code=422, detail="Unknown parameter")


def conflict(book: BookBase, own: Optional[int] = None):
    for other in all_books:
        if other.id == own:
            continue
        if other.title.upper() == book.title.upper():
            if other.author.upper() == book.author.upper():
                raise HTTPException(status_code=status.HTTP_409_CONFLICT, detail="Already there")


@app.get("/books/", response_model=BookPage, dependencies=[Depends(known_parameters)])
def get_books(
    status: Optional[Literal["wanted", "reading", "finished"]] = None,
    q: Optional[str] = Query(default=None, min_length=1, max_length=50),
    limit: int = Query(default=10, ge=1, le=50),
    offset: int = Query(default=0, ge=0),
):
    result = all_books[::-1]
    if status is not None:
        result = [book for book in result if book.status == status]
    if q is not None:
        result = [
            book
            for book in result
            if q.lower() in book.title.lower() or q.lower() in book.author.lower()
        ]
    return {"items": result[offset : offset + limit], "total": len(result)}


@app.post("/books/", response_model=BookOut, status_code=status.HTTP_201_CREATED)
def post_book(book: BookBase, response: Response):
    global last_book_id
    conflict(book)
    last_book_id += 1
    new = BookOut(id=last_book_id, **book.model_dump())
    all_books.append(new)
    response.headers["Location"] = f"/books/{new.id}"
    return new


@app.get("/books/{book_id}", response_model=BookOut)
def get_book(book: BookOut = Depends(book_or_404)):
    return book


@app.patch("/books/{book_id}", response_model=BookOut)
def patch_book(update: BookUpdate, book: BookOut = Depends(book_or_404)):
    values = book.model_dump(exclude={"id"})
    for name in update.model_fields_set:
        values[name] = getattr(update, name)
    try:
        new = BookBase(**values)
    except ValidationError as error:
        raise RequestValidationError(error.errors())
    conflict(new, book.id)
    for name, value in new.model_dump().items():
        setattr(book, name, value)
    return book


@app.delete("/books/{book_id}", status_code=status.HTTP_204_NO_CONTENT)
def delete_book(book: BookOut = Depends(book_or_404)):
    all_books.remove(book)
    all_notes[:] = [note for note in all_notes if note.book_id != book.id]


@app.get("/books/{book_id}/notes", response_model=List[NoteOut])
def get_notes(book: BookOut = Depends(book_or_404)):
    return [note for note in all_notes if note.book_id == book.id]


@app.post("/books/{book_id}/notes", response_model=NoteOut, status_code=201)
def post_note(note: NoteBase, response: Response, book: BookOut = Depends(book_or_404)):
    global last_note_id
    last_note_id += 1
    new = NoteOut(id=last_note_id, book_id=book.id, **note.model_dump())
    all_notes.append(new)
    response.headers["Location"] = f"/books/{book.id}/notes/{new.id}"
    return new


@app.get("/books/{book_id}/notes/{note_id}", response_model=NoteOut)
def get_note(note: NoteOut = Depends(note_or_404)):
    return note


@app.put("/books/{book_id}/notes/{note_id}", response_model=NoteOut)
def put_note(new: NoteBase, note: NoteOut = Depends(note_or_404)):
    note.text, note.page = new.text, new.page
    return note


@app.delete("/books/{book_id}/notes/{note_id}", status_code=204)
def delete_note(note: NoteOut = Depends(note_or_404)):
    all_notes.remove(note)
