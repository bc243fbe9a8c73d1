from string import ascii_lowercase, ascii_uppercase

import httpx

from course.harness import hints, needs, section

STATUSES = ("wanted", "reading", "finished")
DEFAULTS = {"pages": None, "status": "wanted", "rating": None}

NOTHING_CHANGED = (
    "The request was refused, and yet something is another now than before. It was stored, changed "
    "or deleted first and checked afterwards. The client reads an error and believes that nothing "
    "has happened."
)
NOT_STORED = (
    "The answer to the request before this one shows the change, and GET does not: it was answered "
    "and not stored, or only in one place."
)


def letters(rng, length):
    return rng.choice(ascii_uppercase) + "".join(rng.choices(ascii_lowercase, k=length - 1))


def a_book(rng, **changes):
    """A book with all five fields, none of them at its default."""
    return {
        "title": f"{letters(rng, 8)} {letters(rng, 5)}",
        "author": f"{letters(rng, 6)} {letters(rng, 7)}",
        "pages": rng.randint(50, 900),
        "status": "finished",
        "rating": rng.randint(1, 5),
        **changes,
    }


def a_note(rng, **changes):
    return {"text": f"{letters(rng, 9)} {letters(rng, 4)}.", "page": rng.randint(1, 400), **changes}


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def added(api, body, path="/books"):
    """The book or note that a POST has made of this body."""
    response = api.post(path, json=body)
    assert response.status_code == 201, in_its_own_way(response)
    assert type(response.json().get("id")) is int, "It needs an id, a whole number."
    defaults = DEFAULTS if path == "/books" else {"page": None}
    owner = {} if path == "/books" else {"book_id": int(path.split("/")[2])}
    assert response.json() == {**defaults, **body, **owner, "id": response.json()["id"]}
    return response.json()


def in_its_own_way(response):
    if response.status_code != 409:
        return ""
    return "409, but no other book has this title and this author. Both must be the same."


def list_is(api, books, why):
    """All books, the newest first. There are few enough for one page."""
    response = api.get("/books", params={"limit": 50})
    assert response.status_code == 200
    assert response.json() == {"items": books[::-1], "total": len(books)}, why


def notes_are(api, book, notes, why):
    response = api.get(f"/books/{book['id']}/notes")
    assert response.status_code == 200
    assert response.json() == notes, why


def gone(api, path, why):
    response = api.get(path)
    assert response.status_code == 404, why if response.is_success else ""


# Books ----------------------------------------------------------------------------------------------


@section("books")
@hints(
    "One model for what a client sends, without an id, and one for what you keep, with an id.",
    "An id that only goes up: new_ids = itertools.count(1), and next(new_ids) in POST.",
    "@app.post('/books', status_code=201)",
)
def test_post_adds_a_book(api, rng):
    """POST /books adds a book, and GET /books/{book_id} shows it."""
    books = [
        added(api, a_book(rng)),
        added(api, without(a_book(rng), "pages", "status", "rating")),
        added(api, a_book(rng, pages=None, rating=None, status="reading")),
        added(api, a_book(rng, title=letters(rng, 200), author=letters(rng, 100), pages=20_000)),
        added(api, a_book(rng, title="X", author="Y", pages=1, rating=None)),
    ]
    for book in books:
        response = api.get(f"/books/{book['id']}")
        assert response.status_code == 200
        assert response.json() == book, NOT_STORED
    list_is(api, books, NOT_STORED)
    response = api.post("/books", json=a_book(rng, title=" \t The  Waves \n", author=" V. Woolf "))
    assert response.status_code == 201
    for name, value in (("title", "The  Waves"), ("author", "V. Woolf")):
        assert response.json()[name] == value, (
            f"White space at both ends of {name} is taken away, and what stands inside stays."
        )
    response = api.post("/books", json=longest(rng))
    assert response.status_code == 201, TRIM_FIRST


def longest(rng):
    """A book whose texts have as many characters as they may, when they are trimmed."""
    return a_book(rng, title=f"  {letters(rng, 200)}\t", author=f" {letters(rng, 100)} ")


TRIM_FIRST = (
    "White space at the ends does not count: without it, the texts of this body are as long as "
    "they may be. Trim first, and then count."
)


def follow(api, response, path, made):
    """Location leads to what was made, on the host of the request."""
    if "location" not in response.headers:
        assert response.headers.get("location") == path, (
            "201 says that something was created, and the header Location says where. Without it "
            "a client must know how your paths are built."
        )
    there, right = resolved(response), response.url.join(path)
    if there is None or str(there).rstrip("/") != str(right):
        assert response.headers["location"] == path, (
            f"The request went to {response.url.host}, so the new one is at {right}. This Location "
            f"leads to {there or 'nowhere'}."
        )
    response = api.get(str(there))
    assert response.status_code == 200
    assert response.json() == made, "What Location leads to is not what was just created."


def resolved(response):
    """Where a Location leads, None when it is no address."""
    try:
        return response.url.join(response.headers["location"])
    except httpx.InvalidURL:
        return None


@section("books")
@needs("test_post_adds_a_book")
@hints(
    "A parameter response: Response lets you set headers.",
    "response.headers['Location'] = f'/books/{book.id}'",
)
def test_location_leads_to_the_book(api, rng):
    """POST /books says in Location where the new book is."""
    for host in ("", "http://reading.example"):
        response = api.post(f"{host}/books", json=a_book(rng))
        assert response.status_code == 201
        follow(api, response, f"/books/{response.json()['id']}", response.json())


def broken_books(rng):
    """A field and a value each that no book may have, and which rule that breaks."""
    return (
        ("title", "", "A title has at least 1 character"),
        ("title", " \t ", "Trimmed, this title is empty"),
        ("title", letters(rng, 201), "A title has at most 200 characters"),
        ("title", None, "A book needs a title, and null is none"),
        ("title", 7, "A title is a text"),
        ("author", "  ", "Trimmed, this author is empty"),
        ("author", letters(rng, 101), "An author has at most 100 characters"),
        ("author", None, "A book needs an author, and null is none"),
        ("pages", 0, "A book has at least 1 page"),
        ("pages", -1, "A book has at least 1 page"),
        ("pages", 20_001, "A book has at most 20000 pages"),
        ("pages", 12.5, "Pages are whole numbers"),
        ("pages", "many", "Pages are a number"),
        ("status", "lost", "There is no such status"),
        ("status", "Finished", "A status is written in small letters"),
        ("status", None, "Null is no status"),
        ("rating", 0, "The lowest rating is 1"),
        ("rating", 6, "The highest rating is 5"),
        ("rating", 4.5, "A rating is a whole number"),
        ("id", 1, "The id is yours to give, and not the client's"),
        (letters(rng, 8).lower(), 1, "A book has no such field"),
    )


def refuses_what_is_no_object(api, method, path):
    for body in ('["title"]', '"title"', "null"):
        headers = {"Content-Type": "application/json"}
        response = api.request(method, path, content=body, headers=headers)
        assert response.status_code == 422, f"The body of a {method} is an object: {body} is 422."


def only_finished(status):
    return (
        f"The status is {status}, and the book has a rating: only a finished book has one. Each "
        "field is fine by itself, so only a rule that sees both can refuse it."
    )


@section("books")
@needs("test_post_adds_a_book")
@hints(
    "Field(ge=…, le=…) for numbers, StringConstraints(strip_whitespace=True, …) for texts.",
    "A rule between two fields: @model_validator(mode='after').",
    "model_config = ConfigDict(extra='forbid') refuses the fields that nobody knows.",
)
def test_post_refuses_what_breaks_a_rule(api, rng):
    """POST /books is 422 when the body breaks a rule, and adds nothing."""
    book = added(api, a_book(rng))
    for name, value, why in broken_books(rng):
        response = api.post("/books", json=a_book(rng, **{name: value}))
        assert response.status_code == 422, f"{why}: 422."
    for name in ("title", "author"):
        response = api.post("/books", json=without(a_book(rng), name))
        assert response.status_code == 422, f"A book needs {name}: without it, 422."
    for status in ("wanted", "reading"):
        response = api.post("/books", json=a_book(rng, status=status))
        assert response.status_code == 422, only_finished(status)
    response = api.post("/books", json=without(a_book(rng), "status"))
    assert response.status_code == 422, only_finished("wanted, the default,")
    refuses_what_is_no_object(api, "POST", "/books")
    list_is(api, [book], NOTHING_CHANGED)


# The list -------------------------------------------------------------------------------------------


@section("the-list")
@needs("test_post_adds_a_book")
@hints(
    "First all books, the newest first. Then found[offset : offset + limit].",
    "total is the number of all books that were found, before the page was cut.",
    "A model for the query: search: Annotated[Search, Query()].",
)
def test_the_list_comes_in_pages(api, rng):
    """GET /books shows a page of the books, the newest first, and how many there are."""
    books = [added(api, without(a_book(rng), "rating")) for _ in range(13)]
    newest = books[::-1]
    for query, page in (
        ({}, newest[:10]),
        ({"limit": 5}, newest[:5]),
        ({"limit": 5, "offset": 5}, newest[5:10]),
        ({"limit": 5, "offset": 10}, newest[10:]),
        ({"offset": 2}, newest[2:12]),
        ({"limit": 1, "offset": 12}, newest[12:]),
        ({"limit": 50}, newest),
        ({"offset": 13}, []),
        ({"limit": 1, "offset": 1000}, []),
    ):
        response = api.get("/books", params=query)
        assert response.status_code == 200
        titles = [book["title"] for book in response.json()["items"]]
        assert titles == [book["title"] for book in page], why_page(titles, books, page)
        assert response.json()["total"] == 13, (
            "Thirteen books are on the list, however many of them are on this page. total tells a "
            "client how many pages there are."
        )
        assert response.json() == {"items": page, "total": 13}


def why_page(titles, books, page):
    """What is wrong with the titles of a page."""
    places = {book["title"]: place for place, book in enumerate(books)}
    order = [places.get(title, -1) for title in titles]
    if len(titles) != len(page):
        return (
            f"{len(titles)} books are on this page, and {len(page)} should be. limit is 10 when "
            "it is not sent, and offset counts the books to leave out."
        )
    if order == sorted(order):
        return "The oldest book of this page comes first, and the newest one should."
    if order == sorted(order, reverse=True):
        return (
            "The order is right, and these are other books. Turn the whole list round first, and "
            "then cut the page: else the page with the newest books comes last."
        )
    return "The books come in the order in which they were created, turned round."


@section("the-list")
@needs("test_the_list_comes_in_pages")
@hints(
    "limit: Annotated[int, Field(ge=1, le=50)] = 10",
    "A query model with extra='forbid' refuses what is not in the table.",
)
def test_the_list_refuses_a_wrong_query(api):
    """GET /books is 422 when a query parameter breaks its rule or is unknown."""
    for query, why in (
        ({"limit": 0}, "The smallest limit is 1"),
        ({"limit": 51}, "The greatest limit is 50. Without one, a single request takes all books"),
        ({"limit": "ten"}, "A limit is a number"),
        ({"offset": -1}, "The smallest offset is 0. A slice with -1 begins at the other end"),
        ({"status": "lost"}, "There is no such status"),
        ({"status": ""}, "There is no such status"),
        ({"q": ""}, "q has at least 1 character"),
        ({"q": "x" * 51}, "q has at most 50 characters"),
        ({"page": 2}, "There is no parameter page. Ignored, it lets a client read page 1 for ever"),
        ({"Status": "wanted"}, "The parameter is called status, in small letters"),
    ):
        response = api.get("/books", params=query)
        assert response.status_code == 422, f"{why}: 422."
    for query in ({"limit": 1}, {"limit": 50}, {"offset": 0}, {"q": "x"}, {"q": "x" * 50}):
        response = api.get("/books", params=query)
        assert response.status_code == 200
        assert response.json() == {"items": [], "total": 0}


def many_books(api, rng, word, dots):
    """Books, with what their names are to be found by."""
    rows = [
        (f"{word.upper()} {letters(rng, 5)}", letters(rng, 8), "wanted"),
        (letters(rng, 8), f"{letters(rng, 5)} {word.title()}", "reading"),
        (f"Of {word}s", letters(rng, 7), "wanted"),
        (letters(rng, 8), letters(rng, 7), "wanted"),
        (f"About {dots}", letters(rng, 7), "reading"),
        (f"{letters(rng, 4)} {word[:3]}", f"{word[3:]} {letters(rng, 6)}", "wanted"),
        (f"{word} and {word}", f"{word} {letters(rng, 4)}", "finished"),
        (f"Over {word[:3]} {word[3:]}", letters(rng, 7), "wanted"),
    ]
    # All titles are different: some would be alike by chance.
    return [
        added(api, {"title": f"{n} {title}", "author": author, "status": status})
        for n, (title, author, status) in enumerate(rows)
    ]


@section("the-list")
@needs("test_the_list_comes_in_pages")
@hints(
    "A filter that was not sent lets every book through.",
    "q.lower() in book.title.lower() or q.lower() in book.author.lower()",
    "Filter all books, count them for total, and cut the page as the last step.",
)
def test_the_list_is_filtered(api, rng):
    """GET /books finds books by status and by a text, and total counts what was found."""
    word, dots = letters(rng, 7).lower(), "C++ 1.0 (a|b)? 50%_*"
    books = many_books(api, rng, word, dots)
    for query, numbers in (
        ({"q": word}, (6, 2, 1, 0)),
        ({"q": word.upper()}, (6, 2, 1, 0)),
        ({"q": dots}, (4,)),
        ({"q": "."}, (4,)),
        ({"q": "%"}, (4,)),
        ({"q": f"{word[:3]} {word[3:]}"}, (7,)),
        ({"q": f"{word} "}, (6, 0)),
        ({"q": f"{word}x"}, ()),
        ({"q": "wanted"}, ()),
        ({"status": "wanted"}, (7, 5, 3, 2, 0)),
        ({"status": "finished"}, (6,)),
        ({"status": "wanted", "q": word}, (2, 0)),
        ({"status": "wanted", "limit": 2}, (7, 5, 3, 2, 0)),
        ({"status": "wanted", "limit": 2, "offset": 3}, (7, 5, 3, 2, 0)),
        ({"q": word, "limit": 1, "offset": 3}, (6, 2, 1, 0)),
    ):
        response = api.get("/books", params=query)
        assert response.status_code == 200
        start = query.get("offset", 0)
        page = [books[n] for n in numbers][start : start + query.get("limit", 10)]
        titles = [book["title"] for book in response.json()["items"]]
        assert titles == [book["title"] for book in page], why_found(query)
        assert response.json()["total"] == len(numbers), (
            f"{len(numbers)} books fit these filters, on whatever page they are. total counts what "
            "was found: not the whole list, and not this page."
        )


def why_found(query):
    if "limit" in query:
        return "The page was cut before the books were filtered, so some that fit are missing."
    if "q" not in query:
        return "Only the books with this status, all of them, the newest first."
    return (
        f"Only books whose title or whose author contains {query['q']}, in upper or lower case. It "
        "is plain text, as it was sent: no pattern, and not several words."
    )


# Changing a book ------------------------------------------------------------------------------------


@section("changing-a-book")
@needs("test_post_adds_a_book")
@hints(
    "A model in which each field may be left out, and model_dump(exclude_unset=True).",
    "merged = book.model_dump() | patch.model_dump(exclude_unset=True)",
)
def test_patch_changes_only_what_is_sent(api, rng):
    """PATCH /books/{book_id} changes the fields that are sent, and no others."""
    book, newer = added(api, a_book(rng)), added(api, a_book(rng))
    new = a_book(rng, pages=20_000, rating=book["rating"] % 5 + 1)
    for patch in ({}, *({name: value} for name, value in new.items()), {}, a_book(rng)):
        expected = {**book, **patch}
        response = api.patch(f"/books/{book['id']}", json=patch)
        assert response.status_code == 200, (
            "The book keeps its title and its author, so it is in nobody's way but its own."
            if response.status_code == 409
            else ""
        )
        lost = sorted(n for n in book if n not in patch and response.json().get(n) != book[n])
        assert lost == [], (
            f"{lost[0]} was not sent, and is another now. PATCH changes what is sent: the defaults "
            "of the other fields must not come into the merge."
        )
        assert response.json() == expected
        book = expected
        response = api.get("/books")
        assert response.status_code == 200
        ids = [book["id"] for book in response.json()["items"]]
        assert ids == [newer["id"], book["id"]], (
            "The book that was created last comes first, whatever was changed since."
        )
        assert response.json()["items"] == [newer, book], NOT_STORED
    path = f"/books/{added(api, without(a_book(rng), 'status', 'rating'))['id']}"
    response = api.patch(path, json={"title": "  Middlemarch "})
    assert response.status_code == 200
    assert response.json()["title"] == "Middlemarch", (
        "White space at the ends of a title is taken away, with PATCH too."
    )
    response = api.patch(path, json={"author": longest(rng)["author"]})
    assert response.status_code == 200, TRIM_FIRST
    for status in ("reading", "wanted", "finished"):
        response = api.patch(path, json={"status": status})
        assert response.status_code == 200
        response = api.get("/books", params={"status": status, "q": "middlemarch"})
        assert response.json()["total"] == 1, (
            f"A PATCH has made this book {status}, and it is not found as such."
        )


@section("changing-a-book")
@needs("test_patch_changes_only_what_is_sent")
@hints(
    "exclude_none drops null, exclude_unset drops what was not sent. Only one of them is meant.",
    "Let the patch take null everywhere, and validate the merged book with the model of POST.",
)
def test_patch_takes_null_as_a_value(api, rng):
    """PATCH with null empties pages and rating, and is 422 for what a book cannot be without."""
    book = added(api, a_book(rng))
    for name in ("pages", "rating"):
        book = {**book, name: None}
        response = api.patch(f"/books/{book['id']}", json={name: None})
        assert response.status_code == 200
        assert response.json() == book, (
            f'{{"{name}": null}} is a wish: take the value away. It is another one than not to '
            f"send {name} at all."
        )
    for name in ("title", "author", "status"):
        response = api.patch(f"/books/{book['id']}", json={name: None})
        assert response.status_code == 422, (
            f"A book cannot be without {name}. That it may be left out of a PATCH does not mean "
            "that it may be null."
        )
    list_is(api, [book], NOTHING_CHANGED)


@section("changing-a-book")
@needs("test_patch_changes_only_what_is_sent")
@hints(
    "The patch alone does not know the book. What is left when both are put together?",
    "BookIn.model_validate(merged), and only then store it.",
    "A ValidationError in your own function is a 500: catch it, and raise RequestValidationError.",
)
def test_patch_checks_the_book_that_comes_out(api, rng):
    """PATCH is 422 when the book that comes out would break a rule, and changes nothing."""
    rated, reading = added(api, a_book(rng)), added(api, a_book(rng, status="reading", rating=None))
    for name, value, why in broken_books(rng):
        response = api.patch(f"/books/{rated['id']}", json={"pages": 7, name: value})
        assert response.status_code == 422, f"{why}: 422, with PATCH too."
    for book, patch in (
        (rated, {"status": "reading"}),
        (rated, {"status": "wanted", "rating": 3}),
        (reading, {"rating": 3}),
        (reading, {"status": "wanted", "rating": 1}),
    ):
        response = api.patch(f"/books/{book['id']}", json=patch)
        assert response.status_code == 422, only_finished(patch.get("status", book["status"]))
    refuses_what_is_no_object(api, "PATCH", f"/books/{rated['id']}")
    list_is(api, [rated, reading], NOTHING_CHANGED)
    for patch in (
        {"rating": 4, "status": "finished"},
        {"status": "reading", "rating": None},
        {"rating": None, "status": "wanted"},
        {"status": "finished", "rating": 2},
    ):
        response = api.patch(f"/books/{reading['id']}", json=patch)
        assert response.status_code == 200, (
            "Both fields change in one request, and the book that comes out keeps all rules. Put "
            "everything together first, in whatever order it was sent, and check the result."
        )
        assert response.json() == {**reading, **patch}


# Deleting -------------------------------------------------------------------------------------------


@section("ids")
@needs("test_post_adds_a_book", "test_patch_changes_only_what_is_sent")
@hints(
    "204 means that there is no body: status_code=204, and the function returns nothing.",
    "One function that gives the book of an id, or raises 404, called by all others.",
)
def test_delete_removes_a_book(api, rng):
    """DELETE /books/{book_id} is 204, and from then on the book is 404."""
    books = [added(api, a_book(rng)) for _ in range(4)]
    for place in (1, 2, 0):
        book = books.pop(place)
        path = f"/books/{book['id']}"
        response = api.delete(path)
        assert response.status_code == 204
        assert response.text == "", "204 means No Content: there is no body, not even null."
        list_is(api, books, "After a DELETE the list shows all books but the deleted one.")
        for url in (path, "/books/987654321"):
            for method, body in (("GET", None), ("PATCH", {"pages": 5}), ("DELETE", None)):
                response = api.request(method, url, **({"json": body} if body else {}))
                assert response.status_code == 404, (
                    f"There is no such book (any more), so there is nothing for {method}: 404."
                    if response.is_success
                    else ""
                )
    for method, body in (("GET", None), ("PATCH", {"pages": 5}), ("DELETE", None)):
        response = api.request(method, "/books/abc", **({"json": body} if body else {}))
        assert response.status_code == 422, "abc can never be an id: declare it as an int."
    list_is(api, books, NOTHING_CHANGED)


# Twice on the list ----------------------------------------------------------------------------------


def twice(response, book):
    if response.is_success:
        return (
            f"{book['title']} by {book['author']} is on the list already. Upper and lower case "
            "and white space at the ends make no other book of it."
        )
    return "The body breaks no rule by itself: it conflicts with what is there. That is 409."


@section("twice-on-the-list")
@needs("test_patch_changes_only_what_is_sent", "test_delete_removes_a_book")
@hints(
    "Compare both, in lower case, with every other book, before you store anything.",
    "A book is not in its own way: other.id != book_id.",
    "PATCH can give a book another title as well: ask the same question there, of the merged book.",
)
def test_no_book_is_there_twice(api, rng):
    """POST and PATCH are 409 when another book has this title and this author."""
    books = [added(api, a_book(rng)) for _ in range(2)]
    first, second = books
    books.append(added(api, a_book(rng, title=first["title"])))
    books.append(added(api, a_book(rng, author=first["author"])))
    own = {name: first[name] for name in ("title", "author")}
    upper = {name: text.upper() for name, text in own.items()}
    padded = {"title": f" {own['title'].lower()} ", "author": own["author"]}
    for same in (own, upper, padded):
        response = api.post("/books", json=a_book(rng, **same))
        assert response.status_code == 409, twice(response, first)
        response = api.patch(f"/books/{second['id']}", json={"pages": 3, **same})
        assert response.status_code == 409, twice(response, first)
    response = api.patch(f"/books/{books[2]['id']}", json={"author": first["author"]})
    assert response.status_code == 409, twice(response, first)
    response = api.patch(f"/books/{books[3]['id']}", json={"title": upper["title"]})
    assert response.status_code == 409, twice(response, first)
    list_is(api, books, NOTHING_CHANGED)
    for book in books:
        response = api.post("/books", json=without(book, "id"))
        assert response.status_code == 409, (
            "This book is on the list already. Its own PATCH was refused just before, and that "
            "has changed what you remember beside the books: its title and author count as free."
            if response.is_success
            else ""
        )
    for same in (own, upper, {"title": upper["title"]}, {"pages": 9}, own):
        response = api.patch(f"/books/{first['id']}", json=same)
        assert response.status_code == 200, (
            "The only book with this title and this author is the one that is changed. It is not "
            "in its own way, in whatever case: leave its own id out of the search."
        )
        first = {**first, **same}
        assert response.json() == first, (
            "A title or an author in another case is a change like others: it is kept as it was "
            "sent."
        )
    response = api.patch(f"/books/{first['id']}", json={"author": f"{own['author']}s"})
    assert response.status_code == 200
    free = (
        "No book has this title and this author any more: one was renamed, the other deleted. What "
        "is remembered beside the books was not taken out, so the list can never have them again."
    )
    response = api.post("/books", json=a_book(rng, **own))
    assert response.status_code == 201, free
    response = api.delete(f"/books/{response.json()['id']}")
    assert response.status_code == 204
    response = api.patch(f"/books/{second['id']}", json=own)
    assert response.status_code == 200, free


# Notes ----------------------------------------------------------------------------------------------


@section("notes")
@needs("test_post_adds_a_book")
@hints(
    "Two parameters in the path: @app.get('/books/{book_id}/notes/{note_id}').",
    "A note remembers the id of its book: book_id. The list shows those with this one.",
    "note.book_id != book_id is 404, as if there were no such note.",
)
def test_notes_belong_to_a_book(api, rng):
    """POST and GET /books/{book_id}/notes add, list and show the notes of one book."""
    one, other = added(api, a_book(rng, pages=10)), added(api, a_book(rng))
    here, there = f"/books/{one['id']}/notes", f"/books/{other['id']}/notes"
    notes_are(api, one, [], "Nobody has written a note for this book.")
    notes = [added(api, a_note(rng), here), added(api, {"text": letters(rng, 1000)}, here)]
    others = [added(api, {"text": "x", "page": 1}, there)]
    notes.append(added(api, a_note(rng, page=11), here))
    response = api.post(f"http://reading.example{here}", json={"text": " \t Good  start \n"})
    assert response.status_code == 201
    assert response.json()["text"] == "Good  start", (
        "White space at the ends is taken away, and what stands inside stays."
    )
    notes.append(response.json())
    follow(api, response, f"{here}/{notes[-1]['id']}", notes[-1])
    ids = [note["id"] for note in notes + others]
    assert len(set(ids)) == 5, (
        "Five notes of two books were written, and two have the same id. Ids are counted through "
        "all notes, of whatever book."
    )
    notes_are(api, one, notes, "All notes of this book and no others, the oldest first.")
    notes_are(api, other, others, "All notes of this book and no others, the oldest first.")
    for path, mine, foreign in ((here, notes, others), (there, others, notes)):
        for note in mine:
            response = api.get(f"{path}/{note['id']}")
            assert response.status_code == 200
            assert response.json() == note
        for note in foreign:
            gone(
                api,
                f"{path}/{note['id']}",
                "This note belongs to another book. It was looked up by its id alone, so every "
                "book shows every note.",
            )
    list_is(api, [one, other], "Only notes were written, and the books are others now.")


def broken_notes(rng):
    return (
        ("text", "", "A note has at least 1 character"),
        ("text", "  ", "Trimmed, this note is empty"),
        ("text", letters(rng, 1001), "A note has at most 1000 characters"),
        ("text", None, "A note needs a text, and null is none"),
        ("page", 0, "The first page is 1"),
        ("page", -1, "The first page is 1"),
        ("page", 1.5, "A page is a whole number"),
        ("page", "last", "A page is a number"),
        ("id", 1, "The id is yours to give, and not the client's"),
        ("book_id", 1, "The path says which book, and not the body"),
        (letters(rng, 8).lower(), 1, "A note has no such field"),
    )


@section("notes")
@needs("test_notes_belong_to_a_book")
@hints(
    "PUT makes the new note of the body alone. Only id and book_id come from the old one.",
    "The same model for the body as in POST, with extra='forbid'.",
)
def test_put_replaces_a_note(api, rng):
    """PUT replaces a note, and POST and PUT are 422 when the body breaks a rule."""
    book, other = added(api, a_book(rng)), added(api, a_book(rng))
    path = f"/books/{book['id']}/notes"
    notes = [added(api, a_note(rng), path) for _ in range(3)]
    for number, body in ((1, a_note(rng)), (0, {"text": letters(rng, 5)}), (1, {"text": " x "})):
        expected = {**notes[number], "page": None, **body, "text": body["text"].strip()}
        for _ in ("first", "again"):
            response = api.put(f"{path}/{notes[number]['id']}", json=body)
            assert response.status_code == 200
            assert response.json()["text"] == expected["text"], (
                "The new text is the one of the body, trimmed at both ends, with PUT too."
            )
            assert response.json() == expected, (
                "PUT kept the page of the old note. It says what the whole note is now, so what "
                "the body leaves out goes back to its default."
                if response.json() == {**notes[number], **body} != expected
                else ""
            )
        notes[number] = expected
        notes_are(api, book, notes, "After a PUT all notes are there, in the same order.")
    padded = {"text": f" {letters(rng, 1000)}\n"}
    response = api.put(f"{path}/{notes[1]['id']}", json=padded)
    assert response.status_code == 200, TRIM_FIRST
    notes[1] = {**notes[1], "page": None, "text": padded["text"].strip()}
    assert response.json() == notes[1]
    response = api.post(f"/books/{other['id']}/notes", json=padded)
    assert response.status_code == 201, TRIM_FIRST
    others = [response.json()]
    for name, value, why in broken_notes(rng):
        for method, url in (("POST", path), ("PUT", f"{path}/{notes[1]['id']}")):
            response = api.request(method, url, json=a_note(rng, **{name: value}))
            assert response.status_code == 422, f"{why}: 422."
    for method, url in (("POST", path), ("PUT", f"{path}/{notes[1]['id']}")):
        response = api.request(method, url, json={"page": 3})
        assert response.status_code == 422, f"{method} needs a text: without it, 422."
    notes_are(api, book, notes, NOTHING_CHANGED)
    response = api.put(f"/books/{other['id']}/notes/{notes[0]['id']}", json=a_note(rng))
    assert response.status_code == 404, (
        "This note belongs to another book. Whoever sends this would change a note elsewhere, or "
        "carry it over to their book."
    )
    notes_are(api, book, notes, NOTHING_CHANGED)
    notes_are(api, other, others, NOTHING_CHANGED)


@section("notes")
@needs("test_notes_belong_to_a_book")
@hints(
    "The same questions as for GET: is there such a book, and does it have such a note?",
    "Two dependencies, one that gives the book and one that gives the note, and all have them.",
)
def test_a_note_that_is_not_there_is_404(api, rng):
    """DELETE removes a note; what is not there, or under another book, is 404."""
    book, other = added(api, a_book(rng)), added(api, a_book(rng))
    path = f"/books/{book['id']}/notes"
    notes = [added(api, a_note(rng), path) for _ in range(4)]
    foreign = f"/books/{other['id']}/notes/{notes[1]['id']}"
    response = api.delete(foreign)
    assert response.status_code == 404, (
        "This note belongs to another book, and a DELETE under the wrong one has removed it."
        if response.is_success
        else ""
    )
    notes_are(api, book, notes, NOTHING_CHANGED)
    for place in (1, 2, 0):
        note = notes.pop(place)
        response = api.delete(f"{path}/{note['id']}")
        assert response.status_code == 204
        assert response.text == "", "204 means No Content: there is no body, not even null."
        notes_are(api, book, notes, "After a DELETE all notes are there but the deleted one.")
        for url in (
            f"{path}/{note['id']}",
            f"{path}/987654321",
            f"/books/987654321/notes/{note['id']}",
        ):
            for method, body in (("GET", None), ("PUT", a_note(rng)), ("DELETE", None)):
                response = api.request(method, url, **({"json": body} if body else {}))
                assert response.status_code == 404, (
                    f"There is no such note, or no such book, so there is nothing for {method}: 404."
                    if response.is_success
                    else ""
                )
    for method, body in (("GET", None), ("POST", a_note(rng))):
        response = api.request(method, "/books/987654321/notes", **({"json": body} if body else {}))
        assert response.status_code == 404, (
            "There is no such book. An empty list, or a note for nobody, hides from the client "
            "that its id is wrong."
            if response.is_success
            else ""
        )
    for url in (f"{path}/abc", f"/books/abc/notes/{notes[0]['id']}", "/books/abc/notes"):
        response = api.get(url)
        assert response.status_code == 422, "abc can never be an id: declare it as an int."
    notes_are(api, book, notes, NOTHING_CHANGED)


@section("notes")
@needs("test_notes_belong_to_a_book", "test_delete_removes_a_book")
@hints(
    "What is left of a book when it is deleted?",
    "Gather its notes in a list first: a dict must not change while you go through it.",
)
def test_notes_vanish_with_their_book(api, rng):
    """DELETE /books/{book_id} removes the notes of the book, and no others."""
    books = [added(api, a_book(rng)) for _ in range(3)]
    notes = {}
    for turn in range(4):
        # To and fro, so that a book has two notes in a row.
        for book in books[:: (-1) ** turn]:
            path = f"/books/{book['id']}/notes"
            notes.setdefault(book["id"], []).append(added(api, a_note(rng), path))
    for book in (books[2], books[0]):
        response = api.delete(f"/books/{book['id']}")
        assert response.status_code == 204
        for note in notes[book["id"]]:
            path = f"/books/{book['id']}/notes/{note['id']}"
            gone(api, path, "The book was deleted, and its note is still shown under it.")
            path = f"/books/{books[1]['id']}/notes/{note['id']}"
            gone(api, path, "The book was deleted, and its note is shown under another one.")
        gone(
            api,
            f"/books/{book['id']}/notes",
            "The book was deleted, and its notes are still listed.",
        )
        notes_are(
            api,
            books[1],
            notes[books[1]["id"]],
            "Another book was deleted, and the notes of this one are not what they were.",
        )
    again = added(api, without(books[2], "id"))
    notes_are(
        api, again, [], "This book was just created, and has the notes of another one already."
    )


@section("ids")
@needs("test_delete_removes_a_book", "test_a_note_that_is_not_there_is_404")
@hints(
    "len(…) and max(…) forget what was deleted.",
    "A counter for books and one for notes, made once at the top: itertools.count(1).",
)
def test_ids_are_never_used_again(api, rng):
    """A new book or note has a greater id than all before it, also than the deleted ones."""
    why = (
        "This id was given out before, or is smaller than one that was. Whoever kept a link to the "
        "first one now reads something else."
    )
    keeper = added(api, a_book(rng))
    newest = keeper["id"]
    assert newest > 0, "Ids begin at 1, or above it."
    for keeps in (False, True, False, False):
        book = added(api, a_book(rng))
        assert book["id"] > newest, why
        newest = book["id"]
        if not keeps:
            response = api.delete(f"/books/{book['id']}")
            assert response.status_code == 204
    last = 0
    for owner in (keeper, added(api, a_book(rng)), keeper):
        path = f"/books/{owner['id']}/notes"
        for keeps in (True, False, False):
            note = added(api, a_note(rng), path)
            assert note["id"] > last, why
            last = note["id"]
            if not keeps:
                response = api.delete(f"{path}/{note['id']}")
                assert response.status_code == 204
    response = api.delete(f"/books/{owner['id']}")
    assert response.status_code == 204
    book = added(api, a_book(rng))
    note = added(api, a_note(rng), f"/books/{book['id']}/notes")
    assert note["id"] > last, why
