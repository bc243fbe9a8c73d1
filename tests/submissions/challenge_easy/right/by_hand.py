# Without models: dicts all through, and every rule written out by hand.
from fastapi import Body, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

app = FastAPI()
BOOKS, NOTES = {}, {}
LAST = {"book": 0, "note": 0}


def next_id(kind):
    LAST[kind] += 1
    return LAST[kind]


def refuse(why):
    raise HTTPException(422, why)


def text(value, longest):
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= longest:
        refuse("text")
    return value.strip()


def number(value, highest):
    if value is None:
        return None
    if not isinstance(value, int) or not 1 <= value <= highest:
        refuse("number")
    return value


def clean_book(raw):
    if not isinstance(raw, dict):
        refuse("no object")
    if set(raw) - {"title", "author", "pages", "status", "rating"}:
        refuse("unknown field")
    book = {
        "title": text(raw.get("title"), 200),
        "author": text(raw.get("author"), 100),
        "pages": number(raw.get("pages"), 20_000),
        "status": raw.get("status", "wanted"),
        "rating": number(raw.get("rating"), 5),
    }
    if book["status"] not in ("wanted", "reading", "finished"):
        refuse("status")
    if book["rating"] and book["status"] != "finished":
        refuse("rating")
    return book


def clean_note(raw):
    if not isinstance(raw, dict) or set(raw) - {"text", "page"}:
        refuse("note")
    return {"text": text(raw.get("text"), 1000), "page": number(raw.get("page"), 10**12)}


def find_book(id):
    try:
        return BOOKS[id]
    except KeyError:
        raise HTTPException(404) from None


def find_note(book_id, id):
    find_book(book_id)
    note = NOTES.get(id)
    if note and note["book_id"] == book_id:
        return note
    raise HTTPException(404)


def same(a, b):
    return all(a[key].casefold() == b[key].casefold() for key in ("title", "author"))


@app.get("/books")
def list_books(request: Request):
    asked = dict(request.query_params)
    status, q = asked.pop("status", None), asked.pop("q", None)
    try:
        limit, offset = int(asked.pop("limit", 10)), int(asked.pop("offset", 0))
    except ValueError:
        refuse("number")
    if asked or not 1 <= limit <= 50 or offset < 0:
        refuse("query")
    if status not in (None, "wanted", "reading", "finished"):
        refuse("status")
    if q is not None and not 0 < len(q) <= 50:
        refuse("q")
    found = []
    for id in sorted(BOOKS, reverse=True):
        book = BOOKS[id]
        if status and book["status"] != status:
            continue
        if q and not any(q.lower() in book[key].lower() for key in ("title", "author")):
            continue
        found.append(book)
    return {"items": found[offset : offset + limit], "total": len(found)}


@app.post("/books")
def add_book(raw=Body()):
    new = clean_book(raw)
    if any(same(new, book) for book in BOOKS.values()):
        raise HTTPException(409)
    book = {"id": next_id("book"), **new}
    BOOKS[book["id"]] = book
    return JSONResponse(book, 201, {"location": f"/books/{book['id']}"})


@app.get("/books/{id}")
def show_book(id: int):
    return find_book(id)


@app.patch("/books/{id}")
def change_book(id: int, raw=Body()):
    old = find_book(id)
    if not isinstance(raw, dict):
        refuse("no object")
    new = {**old, **raw}
    if raw.get("id", id) is not id or "id" in raw:
        refuse("id")
    del new["id"]
    new = clean_book(new)
    if any(same(new, book) for book in BOOKS.values() if book is not old):
        raise HTTPException(409)
    old.update(new)
    return old


@app.delete("/books/{id}")
def delete_book(id: int):
    find_book(id)
    for note_id in [n for n, note in NOTES.items() if note["book_id"] == id]:
        del NOTES[note_id]
    del BOOKS[id]
    return Response(status_code=204)


@app.get("/books/{id}/notes")
def list_notes(id: int):
    find_book(id)
    return [note for note in NOTES.values() if note["book_id"] == id]


@app.post("/books/{id}/notes")
def add_note(id: int, raw=Body()):
    find_book(id)
    note = {"id": next_id("note"), "book_id": id, **clean_note(raw)}
    NOTES[note["id"]] = note
    return JSONResponse(note, 201, {"location": f"/books/{id}/notes/{note['id']}"})


@app.get("/books/{id}/notes/{note_id}")
def show_note(id: int, note_id: int):
    return find_note(id, note_id)


@app.put("/books/{id}/notes/{note_id}")
def replace_note(id: int, note_id: int, raw=Body()):
    note = find_note(id, note_id)
    note.update(clean_note(raw))
    return note


@app.delete("/books/{id}/notes/{note_id}")
def delete_note(id: int, note_id: int):
    del NOTES[find_note(id, note_id)["id"]]
    return Response(status_code=204)
