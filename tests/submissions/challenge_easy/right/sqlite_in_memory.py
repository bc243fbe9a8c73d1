# SQLite in memory as the store, with a connection for the whole app, made in the lifespan.
import sqlite3
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

TABLES = """
CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT COLLATE NOCASE NOT NULL,
    author TEXT COLLATE NOCASE NOT NULL, pages INTEGER, status TEXT NOT NULL, rating INTEGER,
    UNIQUE (title, author));
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, page INTEGER,
    book_id INTEGER NOT NULL REFERENCES books ON DELETE CASCADE);
PRAGMA foreign_keys = ON;
"""


@asynccontextmanager
async def lifespan(app: FastAPI):
    global db
    db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    db.row_factory = lambda cursor, row: {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }
    db.executescript(TABLES)
    yield
    db.close()


app = FastAPI(lifespan=lifespan)
Text = Annotated[str, Field(min_length=1)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class BookIn(Body):
    title: Annotated[Text, Field(max_length=200)]
    author: Annotated[Text, Field(max_length=100)]
    pages: int | None = Field(None, ge=1, le=20_000)
    status: Literal["wanted", "reading", "finished"] = "wanted"
    rating: int | None = Field(None, ge=1, le=5)

    @model_validator(mode="after")
    def finished_first(self):
        if self.rating and self.status != "finished":
            raise ValueError("read it first")
        return self


class NoteIn(Body):
    text: Annotated[Text, Field(max_length=1000)]
    page: int | None = Field(None, ge=1)


class BookChange(Body):
    title: str | None = None
    author: str | None = None
    pages: int | None = None
    status: str | None = None
    rating: int | None = None


class Find(BaseModel, extra="forbid"):
    status: Literal["wanted", "reading", "finished"] | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    offset: Annotated[int, Field(ge=0)] = 0


def one(sql: str, *values):
    row = db.execute(sql, values).fetchone()
    if row is None:
        raise HTTPException(404)
    return row


def book_of(id: int):
    return one("SELECT * FROM books WHERE id = ?", id)


def note_of(book_id: int, id: int):
    return one("SELECT * FROM notes WHERE id = ? AND book_id = ?", id, book_id)


@app.get("/books")
async def find(asked: Annotated[Find, Query()]):
    where, values = ["1"], []
    if asked.status:
        where.append("status = ?")
        values.append(asked.status)
    if asked.q:
        where.append("(instr(lower(title), ?) OR instr(lower(author), ?))")
        values += [asked.q.lower()] * 2
    rows = "FROM books WHERE " + " AND ".join(where)
    total = db.execute(f"SELECT count(*) AS n {rows}", values).fetchone()["n"]
    page = db.execute(
        f"SELECT * {rows} ORDER BY id DESC LIMIT ? OFFSET ?", [*values, asked.limit, asked.offset]
    )
    return {"items": page.fetchall(), "total": total}


@app.post("/books", status_code=201)
async def add(new: BookIn, response: Response):
    sql = "INSERT INTO books (title, author, pages, status, rating) VALUES (?, ?, ?, ?, ?)"
    try:
        id = db.execute(sql, list(new.model_dump().values())).lastrowid
    except sqlite3.IntegrityError:
        raise HTTPException(409) from None
    response.headers["Location"] = f"/books/{id}"
    return book_of(id)


@app.get("/books/{id}")
async def show(id: int):
    return book_of(id)


@app.patch("/books/{id}")
async def change(id: int, patch: BookChange):
    old = book_of(id)
    del old["id"]
    try:
        new = BookIn(**{**old, **patch.model_dump(exclude_unset=True)})
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    sql = "UPDATE books SET title = ?, author = ?, pages = ?, status = ?, rating = ? WHERE id = ?"
    try:
        db.execute(sql, [*new.model_dump().values(), id])
    except sqlite3.IntegrityError:
        raise HTTPException(409) from None
    return book_of(id)


@app.delete("/books/{id}", status_code=204)
async def remove(id: int):
    book_of(id)
    db.execute("DELETE FROM books WHERE id = ?", [id])


@app.get("/books/{id}/notes")
async def notes(id: int):
    book_of(id)
    return db.execute("SELECT * FROM notes WHERE book_id = ? ORDER BY id", [id]).fetchall()


@app.post("/books/{id}/notes", status_code=201)
async def write(id: int, new: NoteIn, response: Response):
    book_of(id)
    values = [new.text, new.page, id]
    number = db.execute("INSERT INTO notes (text, page, book_id) VALUES (?, ?, ?)", values).lastrowid
    response.headers["Location"] = f"/books/{id}/notes/{number}"
    return note_of(id, number)


@app.get("/books/{id}/notes/{note_id}")
async def look(id: int, note_id: int):
    return note_of(id, note_id)


@app.put("/books/{id}/notes/{note_id}")
async def rewrite(id: int, note_id: int, new: NoteIn):
    note_of(id, note_id)
    values = [new.text, new.page, note_id]
    db.execute("UPDATE notes SET text = ?, page = ? WHERE id = ?", values)
    return note_of(id, note_id)


@app.delete("/books/{id}/notes/{note_id}", status_code=204)
async def erase(id: int, note_id: int):
    note_of(id, note_id)
    db.execute("DELETE FROM notes WHERE id = ?", [note_id])
