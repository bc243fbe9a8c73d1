import asyncio
import sqlite3
import sys
from collections import Counter
from contextlib import closing, contextmanager

import aiosqlite  # noqa: F401  here, so that it is there before the save for which a run waits
import pytest
import sqlalchemy.ext.asyncio
import sqlalchemy.orm  # noqa: F401

from course.harness import hints, needs, one_app, section, terminal_only
from course.harness.taps import failing_commits

pytestmark = one_app

UNKNOWN = 987_654
NO_NUMBER = (
    "The id in this path is abc, and an id is a whole number. Declared as an int, FastAPI answers "
    "422 by itself."
)
NOT_STORED = (
    "The answer was 201, and the database has not exactly one row more. What a session adds is "
    "thrown away when it closes, unless it was committed. The client believes that it is there, "
    "and it is gone."
)


def name_of(rng):
    return f"{rng.choice(('Blue', 'Old', 'Tall'))} {rng.choice(('mug', 'lamp'))} {rng.random()}"


def new_product(rng, **fields):
    return {
        "sku": f"{''.join(rng.choices('ABCDEFGHKLMNPRSTUVWXYZ', k=6))}-{rng.randint(0, 9999):04}",
        "name": name_of(rng),
        "price_cents": rng.randint(100, 9999),
        "stock": rng.randint(20, 90),
        **fields,
    }


def add_product(api, rng, **fields):
    new = new_product(rng, **fields)
    response = api.post("/products", json=new)
    assert response.status_code == 201
    return {**new, "id": response.json()["id"]}


def add_user(api, rng):
    response = api.post("/users", json={"name": name_of(rng)})
    assert response.status_code == 201
    return response.json()["id"]


def an_order(user, *items):
    """The body of an order: `(product, quantity)` for each item."""
    lines = [{"product_id": product["id"], "quantity": quantity} for product, quantity in items]
    return {"user_id": user, "items": lines}


def place(api, user, *items):
    response = api.post("/orders", json=an_order(user, *items))
    assert response.status_code == 201
    return response.json()


def stock_of(api, product):
    response = api.get(f"/products/{product['id']}")
    assert response.status_code == 200
    return response.json()["stock"]


def orders_of(api, user):
    response = api.get(f"/users/{user}/orders")
    assert response.status_code == 200
    return response.json()


def pieces(order):
    """How many of which product, in one entry or in several."""
    count = Counter()
    for item in order["items"]:
        count[item["product_id"]] += item["quantity"]
    return dict(count)


def asked_for(*items):
    count = Counter()
    for product, quantity in items:
        count[product["id"]] += quantity
    return dict(count)


def cost(*items):
    return sum(product["price_cents"] * quantity for product, quantity in items)


def content(database):
    """All that is committed, whatever the tables are called."""
    return {
        f"{table} {row}"
        for table in database.tables()
        for row in database.rows(f'SELECT * FROM "{table}"')
    }


def changed(before, after):
    """In words: no change, or how many rows came and went."""
    came, went = rows(len(after - before)), rows(len(before - after))
    return f"{came} came, {went} went" if before != after else "no change"


def rows(count):
    return f"{count or 'no'} row{'' if count == 1 else 's'}"


def size(database):
    return sum(database.counts().values())


def more(before, database):
    """In words: how many rows there are now beyond `before`."""
    return f"{rows(size(database) - before)} more"


# Engine and tables ---------------------------------------------------------------------------------


@section("the-engine-lives-as-long-as-the-app")
@hints(
    "The function lifespan runs when the app starts, and its second half when it stops.",
    "engine = create_async_engine(database_url()) inside lifespan, not at the top of the file.",
    "async with engine.begin() as connection: await connection.run_sync(Base.metadata.create_all)",
)
def test_the_tables_are_made_when_the_app_starts(app, database, start):
    """When the app starts, it makes its tables in the database that DATABASE_URL names."""
    assert database.tables() == [], "Nothing may be in the database before the app starts."
    with start():
        found = "its tables" if database.tables() else "no table"
        assert found == "its tables", (
            "main.py was imported, then DATABASE_URL was set, then the app started: and there is "
            "no table in this database. The address counts that stands there when the app starts. "
            "An engine that is made while main.py is imported has another one, and your tests "
            "would work on the shop's real database."
        )


@section("write-and-read")
@needs("test_the_tables_are_made_when_the_app_starts")
@hints(
    "A session for each request: a dependency that opens one, yields it and closes it.",
    "session.add(user), then await session.commit(). The commit gives the user its id.",
    "async_sessionmaker(engine, expire_on_commit=False), or await session.refresh(user) after "
    "the commit.",
)
def test_a_user_is_created(database, api, rng):
    """POST /users creates a user."""
    ids = set()
    for name in (name_of(rng), name_of(rng), "Zoë"):
        before = size(database)
        response = api.post("/users", json={"name": name})
        assert response.status_code == 201
        assert more(before, database) == "1 row more", NOT_STORED
        assert response.json()["name"] == name
        assert type(response.json()["id"]) is int, "The id of a user is a whole number."
        ids.add(response.json()["id"])
    assert len(ids) == 3, "Three users were created, and two of them have the same id."


@section("write-and-read")
@needs("test_the_tables_are_made_when_the_app_starts")
@hints(
    "What is not committed is thrown away when the session closes.",
    "await session.get(Product, product_id) gives None when there is no such row.",
)
def test_a_product_is_created_and_read(database, api, rng):
    """POST /products creates a product, and GET /products/{product_id} reads it."""
    news = [new_product(rng), new_product(rng, stock=0, price_cents=1), new_product(rng)]
    news[2]["name"] = news[0]["name"]
    made = []
    for new in news:
        before = size(database)
        response = api.post("/products", json=new)
        assert response.status_code == 201
        assert more(before, database) == "1 row more", NOT_STORED
        assert type(response.json()["id"]) is int, "The id of a product is a whole number."
        assert response.json() == {"id": response.json()["id"], **new}
        made.append(response.json())
    assert len({product["id"] for product in made}) == 3, (
        "Three products were created, and two of them have the same id."
    )
    for product in made:
        response = api.get(f"/products/{product['id']}")
        assert response.status_code == 200, (
            "POST /products answered 201, and the next request does not find the product."
        )
        assert response.json() == product
    response = api.get(f"/products/{UNKNOWN}")
    assert response.status_code == 404
    response = api.get("/products/abc")
    assert response.status_code == 422, NO_NUMBER


# One sku, one product ------------------------------------------------------------------------------


@section("the-database-keeps-the-rule")
@needs("test_a_product_is_created_and_read")
@hints(
    "mapped_column(unique=True) lets the database refuse a second row with the same value.",
    "Then flush() or commit() raises IntegrityError.",
    "except IntegrityError: raise HTTPException(409, …). After it, the session must be rolled "
    "back or closed.",
)
def test_a_sku_belongs_to_one_product(database, api, rng):
    """POST /products is 409 when another product has the sku."""
    product = add_product(api, rng)
    before = content(database)
    for _ in range(2):
        response = api.post("/products", json=new_product(rng, sku=product["sku"]))
        assert response.status_code == 409, (
            "Another product has this sku. The request is well formed and clashes with what is "
            "there already: that is 409."
        )
    assert changed(before, content(database)) == "no change", (
        "The second product was refused with 409, and it is stored all the same."
    )
    response = api.get(f"/products/{product['id']}")
    assert response.json() == product
    response = api.post("/products", json=new_product(rng))
    assert response.status_code == 201, (
        "After a product was refused because of its sku, one with a new sku is refused too. A "
        "session in which something has failed is of no use until it is rolled back."
    )


# Sessions and connections --------------------------------------------------------------------------


@terminal_only("the browser gives the database to one request after the other")
@section("a-session-for-each-request")
@needs("test_a_product_is_created_and_read")
@hints(
    "An AsyncSession is for one task at a time. Two requests are two tasks.",
    "Open the session in the dependency, not in lifespan and not at the top of the file.",
)
def test_requests_at_the_same_time_do_not_meet_in_a_session(database, start, rng):
    """POST /products serves several requests that come together."""
    with start() as api:
        bodies = [new_product(rng) for _ in range(5)]
        responses = send_together(api, "/products", bodies)
        for response, body in zip(responses, bodies, strict=True):
            assert response.status_code == 201, (
                "Five products, each with a sku of its own, came together, and not all of them "
                "were created. Requests that share a session share its transaction: what one of "
                "them breaks or throws away is lost for the others."
            )
            assert response.json() == {"id": response.json()["id"], **body}
        ids = [response.json()["id"] for response in responses]
        for number, body in zip(ids, bodies, strict=True):
            response = api.get(f"/products/{number}")
            assert response.status_code == 200
            assert response.json() == {"id": number, **body}


@section("a-session-for-each-request")
@needs("test_a_product_is_created_and_read", "test_a_user_is_created")
@hints(
    "A session must be closed on every way out, also when the request ends in an error.",
    "async with new_session() as session: yield session",
)
def test_each_request_gives_its_connection_back(database, connections, start, rng):
    """After each request its connection is back in the pool, also after an error."""
    with start() as api:
        product = add_product(api, rng)
        for method, path, body in (
            ("POST", "/users", {"name": "Ada"}),
            ("POST", "/users", {"name": ""}),
            ("POST", "/products", new_product(rng)),
            ("POST", "/products", new_product(rng, sku=product["sku"])),
            ("GET", f"/products/{product['id']}", None),
            ("GET", f"/products/{UNKNOWN}", None),
        ):
            response = api.request(method, path, json=body)
            assert lent(connections) == "no connection", keeps(response)


def lent(connections):
    return f"{connections.lent or 'no'} connection{'s' if connections.lent > 1 else ''}"


def keeps(response):
    request = response.request
    return (
        f"{request.method} {request.url.path} was answered with {response.status_code}, and a "
        "session still holds the connection that it got from the pool. The pool has a few of "
        "them. When all are kept, the next request waits 30 seconds for one and then fails."
    )


def send_together(api, path, bodies):
    return api.together([api.build_request("POST", path, json=body) for body in bodies])


# Orders --------------------------------------------------------------------------------------------


@section("all-or-nothing")
@needs("test_a_product_is_created_and_read", "test_a_user_is_created")
@hints(
    "Look up each product, take the pieces from its stock, and make an OrderItem with its price.",
    "total_cents is the sum of quantity times price_cents of all items.",
    "One commit at the end stores all of it.",
)
def test_an_order_takes_from_the_stock(database, connections, api, rng):
    """POST /orders places an order and takes its pieces from the stock."""
    user = add_user(api, rng)
    one, other, third = (add_product(api, rng, stock=n) for n in (7, 30, 5))
    ids = set()
    for items in ([(other, 2), (one, 3)], [(one, 4)], [(third, 1), (other, 1)]):
        response = api.post("/orders", json=an_order(user, *items))
        assert response.status_code == 201
        assert lent(connections) == "no connection", keeps(response)
        assert response.json()["status"] == "placed"
        assert response.json()["total_cents"] == cost(*items)
        assert pieces(response.json()) == asked_for(*items), (
            "The items of the answer are not those of the order."
        )
        prices = {item["product_id"]: item["price_cents"] for item in response.json()["items"]}
        assert prices == {product["id"]: product["price_cents"] for product, _ in items}, (
            "price_cents of an item is the price of one piece of its product."
        )
        ids.add(response.json()["id"])
    assert len(ids) == 3, "Three orders were placed, and two of them have the same id."
    for product, left in ((one, 0), (other, 27), (third, 4)):
        assert stock_of(api, product) == left, (
            f"There were {product['stock']} of this product, and {product['stock'] - left} were "
            f"ordered. {left} are left."
        )


@section("the-contract")
@needs("test_an_order_takes_from_the_stock")
@hints("The models in schemas.py have all these rules. Use them as the types of the bodies.")
def test_a_wrong_body_is_422(database, api, rng):
    """A body that breaks a rule of schemas.py is 422, and nothing is stored."""
    before = content(database)
    for path, body in (
        ("/users", {}),
        ("/users", {"name": ""}),
        ("/products", new_product(rng, price_cents=0)),
        ("/products", new_product(rng, stock=-1)),
        ("/products", new_product(rng, sku="")),
        ("/products", {"sku": "A"}),
        ("/orders", {"user_id": UNKNOWN, "items": []}),
        ("/orders", {"user_id": UNKNOWN, "items": [{"product_id": UNKNOWN, "quantity": 0}]}),
        ("/orders", {"user_id": UNKNOWN, "items": [{"product_id": UNKNOWN, "quantity": -1}]}),
        ("/orders", {"user_id": UNKNOWN, "items": [{"product_id": UNKNOWN}]}),
        ("/orders", {"items": [{"product_id": UNKNOWN, "quantity": 1}]}),
    ):
        response = api.post(path, json=body)
        assert response.status_code == 422, (
            "This body breaks a rule of schemas.py. A class of the database checks nothing: an "
            "object of it takes whatever it is given. With the model of schemas.py as the type of "
            "the body, FastAPI answers 422 before your function runs."
        )
    assert changed(before, content(database)) == "no change", (
        "These bodies were refused, and something was stored all the same."
    )


@section("all-or-nothing")
@needs("test_an_order_takes_from_the_stock")
@hints(
    "SQLite does not look whether a foreign key points to a row. Look yourself.",
    "if await session.get(User, new.user_id) is None: raise HTTPException(404, …)",
)
def test_an_order_of_something_unknown_is_404(database, connections, api, rng):
    """POST /orders is 404 for an unknown user or product, and changes nothing."""
    user, product = add_user(api, rng), add_product(api, rng)
    unknown = {"id": UNKNOWN}
    before = content(database)
    for who, items, what in (
        (UNKNOWN, [(product, 1)], "user"),
        (user, [(unknown, 1)], "product"),
        (user, [(product, 1), (unknown, 1)], "product"),
        (user, [(unknown, 1), (product, 1)], "product"),
        (UNKNOWN, [(unknown, 1)], "user"),
    ):
        response = api.post("/orders", json=an_order(who, *items))
        assert response.status_code == 404, (
            f"There is no {what} with the id {UNKNOWN}, so there is nothing to order."
        )
        assert lent(connections) == "no connection", keeps(response)
        assert changed(before, content(database)) == "no change", (
            "The order was refused with 404, and something has changed in the database. What was "
            "written before the refusal has been committed."
        )


@section("all-or-nothing")
@needs("test_an_order_takes_from_the_stock")
@hints(
    "What one transaction has written goes away again when it is not committed.",
    "One commit, at the end. No commit inside the loop.",
    "raise HTTPException(409, …) before the commit, and the session is closed without one.",
)
def test_an_order_of_too_much_changes_nothing(database, connections, api, rng):
    """POST /orders is 409 when one product is short, and then nothing changes."""
    user = add_user(api, rng)
    one, short, other = (add_product(api, rng, stock=n) for n in (10, 3, 10))
    before = content(database)
    for items in (
        [(short, 4)],
        [(one, 1), (other, 2), (short, 4)],
        [(short, 4), (one, 1)],
        [(other, 1), (short, 1000), (one, 1)],
    ):
        response = api.post("/orders", json=an_order(user, *items))
        assert response.status_code == 409, (
            "There are 3 of one product and this order wants more. Nothing can be sold that is "
            "not there: that is 409."
        )
        assert lent(connections) == "no connection", keeps(response)
        assert changed(before, content(database)) == "no change", (
            "The order was refused with 409, and what it wrote before it came to that product is "
            "committed: pieces are missing in the stock, and nobody has ordered them. One commit "
            "at the end: all or nothing."
        )
    place(api, user, (one, 10), (short, 3))
    assert stock_of(api, short) == 0, "There were 3 of it and an order of 3: none is left."
    response = api.post("/orders", json=an_order(user, (short, 1)))
    assert response.status_code == 409


@section("all-or-nothing")
@needs("test_an_order_of_too_much_changes_nothing")
@hints(
    "Add up the quantities of each product before you compare them with the stock.",
    "wanted = Counter(), and wanted[item.product_id] += item.quantity in a loop.",
)
def test_a_product_that_is_named_twice_counts_together(database, api, rng):
    """POST /orders adds up the quantities of a product that stands in it twice."""
    user = add_user(api, rng)
    product, other = add_product(api, rng, stock=5), add_product(api, rng, stock=50)
    before = content(database)
    response = api.post("/orders", json=an_order(user, (product, 3), (other, 1), (product, 3)))
    assert response.status_code == 409, (
        "There are 5 of this product. The order names it twice, with 3 each: that is 6. Each of "
        "the two is less than the stock, and together they are more."
    )
    assert changed(before, content(database)) == "no change", (
        "The order was refused with 409, and the database has changed."
    )
    items = [(product, 2), (other, 1), (product, 3)]
    response = api.post("/orders", json=an_order(user, *items))
    assert response.status_code == 201, (
        "There are 5 of this product. The order names it twice, with 2 and with 3: that is 5."
    )
    assert response.json()["total_cents"] == cost(*items)
    assert pieces(response.json()) == asked_for(*items), (
        "The order names a product twice. In the answer its quantities add up to the same number."
    )
    assert stock_of(api, product) == 0, (
        "There were 5 of this product. An order that names it twice, with 2 and with 3, takes all "
        "of them."
    )


@section("async-all-the-way")
@needs("test_an_order_takes_from_the_stock")
@hints(
    "create_engine() and Session make a program wait. In async code their twins let others work "
    "meanwhile: create_async_engine() and AsyncSession.",
)
def test_the_loop_is_free_while_the_database_works(database, statements, api, rng):
    """No request holds up the event loop while the database works."""
    if database.dialect != "sqlite":
        return  # only there we can see it
    before = len(statements.blocking)
    user, product = add_user(api, rng), add_product(api, rng)
    order = place(api, user, (product, 1))
    stock_of(api, product)
    api.get(f"/users/{user}/orders")
    api.post(f"/orders/{order['id']}/cancel")
    blocking = ", ".join(sorted({sql.split()[0] for sql in statements.blocking[before:]}))
    assert f"{blocking or 'nothing'} on the event loop" == "nothing on the event loop", (
        f"{blocking} ran on the event loop itself. Until the database has answered, the "
        "loop can do nothing else: the requests of all other people stand still."
    )


# The orders of a user ------------------------------------------------------------------------------


@section("nested-answers")
@needs("test_an_order_takes_from_the_stock")
@hints(
    "items: Mapped[list[OrderItem]] = relationship() gives an order its items.",
    "In async code nothing is loaded when you look at it: say it in the query, "
    "select(Order).options(selectinload(Order.items)).",
)
def test_the_orders_of_a_user_have_their_items(database, connections, api, rng):
    """GET /users/{user_id}/orders lists the orders of a user with their items."""
    user, other, nobody = (add_user(api, rng) for _ in range(3))
    products = [add_product(api, rng) for _ in range(3)]
    placed = {user: [], other: []}
    for who in (user, other, user, user, other):
        items = [(product, rng.randint(1, 4)) for product in rng.sample(products, 2)]
        placed[who].append(place(api, who, *items))
    for who, expected in placed.items():
        response = api.get(f"/users/{who}/orders")
        assert response.status_code == 200
        assert lent(connections) == "no connection", keeps(response)
        assert [order["id"] for order in response.json()] == [order["id"] for order in expected], (
            "These are not the orders of this user, and only those, in the order of their ids."
        )
        for order, other_order in zip(response.json(), expected, strict=True):
            assert pieces(order) == pieces(other_order), (
                "The items of an order in this list are not those that it was placed with."
            )
            assert by_product(order) == by_product(other_order), (
                "An order in this list looks like the answer to POST /orders: with id, status, "
                "total_cents and items, and an item has product_id, quantity and price_cents."
            )
    response = api.get(f"/users/{nobody}/orders")
    assert response.status_code == 200, (
        "This user exists and has no orders: the list is empty, and that is no error."
    )
    assert response.json() == []
    response = api.get(f"/users/{UNKNOWN}/orders")
    assert response.status_code == 404, (
        "There is no such user. An empty list would say that there is one, without orders."
    )
    response = api.get("/users/abc/orders")
    assert response.status_code == 422, NO_NUMBER


def by_product(order):
    items = sorted(order["items"], key=lambda item: item["product_id"])
    return {**order, "items": items}


@section("nested-answers")
@needs("test_the_orders_of_a_user_have_their_items")
@hints(
    "A query in a loop is one more way to the database for each order.",
    "selectinload(Order.items) fetches the items of all orders with one query.",
)
def test_more_orders_need_no_more_queries(database, statements, api, rng):
    """GET /users/{user_id}/orders asks the database as often for many orders as for one."""
    if database.dialect != "sqlite":
        return  # only there we can count
    user = add_user(api, rng)
    products = [add_product(api, rng) for _ in range(4)]
    place(api, user, (products[0], 1))
    orders_of(api, user)
    with statements.during() as few:
        orders_of(api, user)
    for product in products[1:]:
        place(api, user, (product, 1), (products[0], 1))
    with statements.during() as many:
        response = api.get(f"/users/{user}/orders")
    assert response.status_code == 200
    assert len(many) <= len(few), (
        f"For a list of one order, your app sent {len(few)} statements to the database. For a list "
        f"of four it sent {len(many)}: it asks again for each order. A customer with a thousand "
        "orders waits for a thousand answers, one after the other."
    )


# Cancelling ----------------------------------------------------------------------------------------


@section("cancel-once")
@needs("test_an_order_takes_from_the_stock")
@hints(
    "Load the order with its items, set its status, and give each quantity back to its product.",
    'update(Order).where(Order.id == order_id, Order.status == "placed")'
    '.values(status="cancelled")',
)
def test_a_cancelled_order_gives_its_pieces_back(database, connections, api, rng):
    """POST /orders/{order_id}/cancel gives the pieces back, and a second one is 409."""
    user = add_user(api, rng)
    one, other = add_product(api, rng, stock=6), add_product(api, rng, stock=9)
    kept = place(api, user, (one, 1), (other, 2))
    order = place(api, user, (other, 2), (one, 2), (other, 1))
    assert (stock_of(api, one), stock_of(api, other)) == (3, 4), (
        "There were 6 and 9. Two orders have taken 3 of the one and 5 of the other."
    )
    response = api.post(f"/orders/{order['id']}/cancel")
    assert response.status_code == 200
    assert lent(connections) == "no connection", keeps(response)
    assert response.json()["status"] == "cancelled"
    assert by_product(response.json()) == by_product({**order, "status": "cancelled"}), (
        "The answer is the order as it was placed, now with the status cancelled."
    )
    for product, left in ((one, 5), (other, 7)):
        assert stock_of(api, product) == left, (
            "The pieces of a cancelled order go back into the stock: all of them, of each product, "
            "and no others."
        )
    for _ in range(2):
        response = api.post(f"/orders/{order['id']}/cancel")
        assert response.status_code == 409, (
            "This order was cancelled before. It cannot be cancelled again: that is 409."
        )
        assert (stock_of(api, one), stock_of(api, other)) == (5, 7), (
            "The order was cancelled before, and its pieces went back into the stock a second "
            "time. The shop now counts things that it does not have."
        )
    states = {order["id"]: order["status"] for order in orders_of(api, user)}
    assert states == {kept["id"]: "placed", order["id"]: "cancelled"}, (
        "One of two orders was cancelled. GET /users/{user_id}/orders does not show that."
    )
    response = api.post(f"/orders/{UNKNOWN}/cancel")
    assert response.status_code == 404, "There is no such order."
    response = api.post("/orders/abc/cancel")
    assert response.status_code == 422, NO_NUMBER


# Commit --------------------------------------------------------------------------------------------


def writes(api, rng):
    """One request of each kind that writes, each when its turn comes."""
    user, product = add_user(api, rng), add_product(api, rng)
    yield "POST", "/users", {"name": name_of(rng)}, 201
    yield "POST", "/products", new_product(rng), 201
    yield "POST", "/orders", an_order(user, (product, 2)), 201
    yield "POST", f"/orders/{place(api, user, (product, 3))['id']}/cancel", None, 200


@section("first-the-commit-then-the-answer")
@needs(
    "test_a_product_is_created_and_read",
    "test_an_order_takes_from_the_stock",
    "test_a_cancelled_order_gives_its_pieces_back",
)
@hints(
    "What stands behind a yield runs after the response has left.",
    "Commit in the path operation, as its last act before the return.",
    'Or tell FastAPI to leave the dependency earlier: Depends(get_session, scope="function").',
)
def test_the_commit_comes_before_the_answer(database, api, rng):
    """What a request writes is committed before its answer leaves."""
    for method, path, body, status in writes(api, rng):
        before, seen = content(database), []
        with api.at("http.response.start", lambda seen=seen: seen.append(content(database))):
            response = api.request(method, path, json=body)
        assert response.status_code == status
        assert changed(before, content(database)) != "no change", (
            f"The answer to {method} {path} says that it was done, and nothing in the database "
            "has changed."
        )
        assert changed(seen[0], content(database)) == "no change", (
            f"The answer to {method} {path} left first, and the commit came after it. Who asks at "
            "once reads the old state or a 404. When the commit fails, the client has been told "
            "that all went well."
        )


@section("first-the-commit-then-the-answer")
@needs("test_the_commit_comes_before_the_answer")
@hints(
    "An error in the commit must reach FastAPI while it can still answer 500.",
    "Catch IntegrityError only, and only where it can mean one thing.",
)
def test_a_commit_that_fails_is_no_success(database, api, rng):
    """When the commit fails, the answer is 500 or more, and nothing is stored."""
    for method, path, body, status in writes(api, rng):
        before = content(database)
        with failing_commits() as tried:
            response = api.request(method, path, json=body)
        if not tried:
            continue  # it commits in a way that we cannot break
        assert response.status_code >= 500, (
            f"During {method} {path} the database refused the commit, because its disk was full. "
            f"The answer was {response.status_code}, which says something else: either that all "
            "went well, or that the client did something wrong. Let this error pass, and FastAPI "
            "answers 500."
        )
        assert changed(before, content(database)) == "no change", (
            f"The commit of {method} {path} failed, and a part of it is stored all the same. "
            "Everything that belongs together belongs into one transaction, with one commit."
        )
        response = api.request(method, path, json=body)
        assert response.status_code == status, (
            "Before this request, a commit failed. The same request, sent again, must work: "
            "nothing of the failed one may be left in the app."
        )


@section("nothing-is-lost")
@needs("test_a_product_is_created_and_read", "test_an_order_takes_from_the_stock")
@hints("create_all makes only the tables that are not there yet. Nothing has to be dropped before.")
def test_a_restart_loses_nothing(database, start, rng):
    """After a restart, everything is still there."""
    with start() as api:
        user, product = add_user(api, rng), add_product(api, rng, stock=9)
        place(api, user, (product, 4))
    with start() as api:
        response = api.get(f"/products/{product['id']}")
        assert response.status_code == 200, (
            "The product was created, the app was stopped and started again, and the product is "
            "gone. What has to outlive the app must be in the database, and the start must leave "
            "alone what is there."
        )
        assert response.json()["stock"] == 5
        assert len(orders_of(api, user)) == 1, (
            "One order was placed before the app was stopped and started again. It is gone."
        )


# The end -------------------------------------------------------------------------------------------


@section("the-engine-lives-as-long-as-the-app")
@needs("test_a_product_is_created_and_read")
@hints("await engine.dispose(), after the yield of lifespan.")
def test_no_connection_is_left_open(database, pool, start, rng):
    """When the app stops, it closes its connections to the database."""
    with start() as api:
        add_product(api, rng)
        response = api.get(f"/products/{UNKNOWN}")
        assert response.status_code == 404
    assert len(pool) == 0, (
        "The app has stopped, and a connection to the database is still open. A server with "
        "twenty restarts has twenty dead connections to hold, until it refuses new ones. "
        "await engine.dispose() after the yield of lifespan closes them."
    )


@pytest.fixture
def pool():
    """The connections that SQLAlchemy's pools have open."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    opened = set()

    def connect(connection, record):
        opened.add(id(record))

    def close(connection, record):
        opened.discard(id(record))

    event.listen(Pool, "connect", connect)
    event.listen(Pool, "close", close)
    yield opened
    event.remove(Pool, "connect", connect)
    event.remove(Pool, "close", close)


# At the same time --------------------------------------------------------------------------------


@terminal_only("the browser gives the database to one request after the other")
@section("the-database-keeps-the-rule")
@needs("test_a_sku_belongs_to_one_product")
@hints(
    "Between your SELECT and your INSERT, another request can do the same.",
    "Only the database sees all requests: unique=True, and catch its IntegrityError.",
)
def test_a_sku_belongs_to_one_product_also_at_the_same_time(database, api, rng):
    """POST /products makes one product when several with the same sku come together."""
    for _ in range(2):
        sku = new_product(rng)["sku"]
        bodies = [new_product(rng, sku=sku) for _ in range(4)]
        before = size(database)
        responses = send_together(api, "/products", bodies)
        for response in responses:
            assert response.status_code in (201, 409), (
                "Four products with the same sku came together: one is created, the others are 409. "
                "All looked first and found none, so the database refuses: expect its "
                "IntegrityError."
            )
        made = [response.status_code for response in responses].count(201)
        assert f"{made} created" == "1 created", (
            f"Four products with the same sku came together, and {made} were created. Each request "
            "looked, found none, and then stored its own. Only the database sees all requests: the "
            "rule belongs into the table."
        )
        assert more(before, database) == "1 row more", (
            "Four products with the same sku came together, and one was created. In the database "
            "there is not exactly one row more."
        )


@terminal_only("the browser gives the database to one request after the other")
@section("two-buyers-and-one-mug")
@needs(
    "test_an_order_of_too_much_changes_nothing",
    "test_the_loop_is_free_while_the_database_works",
)
@hints(
    "Between your look at the stock and your write, others look at it too.",
    "Let one statement look and write: UPDATE … SET stock = stock - 2 WHERE id = 7 AND stock >= 2.",
    "update(Product).where(Product.id == …, Product.stock >= quantity)"
    ".values(stock=Product.stock - quantity).returning(Product.stock). When that gives no row, raise "
    "the 409.",
)
def test_the_last_pieces_are_sold_once(database, api, rng):
    """POST /orders never sells more than there is when orders come together."""
    user = add_user(api, rng)
    for stock in (1, 2, 3):
        product = add_product(api, rng, stock=stock)
        count = stock + 2
        bodies = [an_order(user, (product, 1))] * count
        responses = send_together(api, "/orders", bodies)
        for response in responses:
            assert response.status_code in (201, 409), (
                f"{count} orders came together. Each of them is answered with 201 or with 409: an "
                "order that meets another one in the database must not break."
            )
        sold = [response.status_code for response in responses].count(201)
        assert sold <= stock, (
            f"{count} orders of one piece came together, there {are(stock)}, and {sold} orders were "
            f"taken. Each request read the stock before another one wrote it, so all of them saw "
            f"{stock}. Somebody has paid for a thing that is not there. Looking and taking must be "
            "one step."
        )
        assert sold == stock, (
            f"{count} orders of one piece came together, there {are(stock)}, and only {sold} got "
            "one. As long as a piece is left, an order gets it: one that meets another one "
            "must wait or try again."
        )
        assert stock_of(api, product) == 0, (
            f"{sold} pieces of {stock} were sold. The stock must be 0 now."
        )


def are(stock):
    return "was one" if stock == 1 else f"were {stock}"


@terminal_only("the browser gives the database to one request after the other")
@section("two-buyers-and-one-mug")
@needs("test_the_last_pieces_are_sold_once")
@hints(
    "Two orders that wait for each other never end: the database breaks one of them.",
    "Take the products of every order in the same order, for example by their ids.",
)
def test_orders_of_the_same_things_do_not_break_each_other(database, api, rng):
    """POST /orders serves orders of the same products that come together."""
    user = add_user(api, rng)
    one, other = (add_product(api, rng, stock=n) for n in (50, 60))
    items = [(one, 2), (other, 3)]
    bodies = [an_order(user, *items), an_order(user, *items[::-1])] * 2
    responses = send_together(api, "/orders", bodies)
    for response in responses:
        assert response.status_code == 201, (
            "Four orders of the same two products came together, and there is enough for all of "
            "them. An order that meets another one in the database waits for it and goes on."
        )
    assert (stock_of(api, one), stock_of(api, other)) == (42, 48), (
        "There were 50 and 60, and four orders took 2 of the one and 3 of the other each. Some of "
        "them wrote over what another one had written."
    )


@terminal_only("the browser gives the database to one request after the other")
@section("cancel-once")
@needs("test_a_cancelled_order_gives_its_pieces_back")
@hints(
    "Two requests can both read that the order is placed.",
    "Look and write in one statement, and see from what it returns who came first.",
)
def test_an_order_is_cancelled_once_also_at_the_same_time(database, api, rng):
    """POST /orders/{order_id}/cancel works for one of several that come together."""
    user = add_user(api, rng)
    for _ in range(3):
        product = add_product(api, rng, stock=10)
        order = place(api, user, (product, 4))
        responses = send_together(api, f"/orders/{order['id']}/cancel", [{}] * 2)
        for response in responses:
            assert response.status_code in (200, 409), (
                "Two requests to cancel the same order came together. One is 200, the other is 409."
            )
        done = [response.status_code for response in responses].count(200)
        assert done == 1, (
            f"Two requests to cancel the same order came together, and {done} of them were "
            "answered with 200. Each one read that the order was placed before another one wrote "
            "that it was cancelled. A customer who clicks twice would be paid back twice."
        )
        assert stock_of(api, product) == 10, (
            "Two requests to cancel the same order came together. Its pieces go back into the stock "
            "once."
        )


@terminal_only("the browser gives the database to one request after the other")
@section("two-buyers-and-one-mug")
@needs("test_the_last_pieces_are_sold_once")
@hints(
    "A lock in Python holds up the requests of one process. A second process does not know it.",
    "The condition belongs into the statement that writes: .where(…, Product.stock >= quantity).",
)
def test_another_process_may_sell_too(database, statements, api, rng):
    """POST /orders sees what another process has sold a moment ago."""
    user = add_user(api, rng)
    product, other = add_product(api, rng, stock=1), add_product(api, rng)
    table = table_with(database, "id", "stock")
    if table is None:
        return  # another kind of database, or other columns
    row = f'SELECT * FROM "{table}" WHERE id = {other["id"]}'
    (before,) = database.rows(row)
    place(api, user, (other, 1))
    (after,) = database.rows(row)
    sale = what_a_sale_changes(database, table, before, after)
    if sale is None:
        return
    with sold_out_meanwhile(api, database, statements, table, sale):
        response = api.post("/orders", json=an_order(user, (product, 1)))
    assert response.status_code == 409, (
        "There was one piece. While this request was on its way, another process sold it, and then "
        "this request sold it again. What one process remembers, or locks in Python, the others do "
        "not know: only the database can decide."
    )
    assert stock_of(api, product) == 0, (
        "Another process had sold the last piece. After an order that was refused, there are 0."
    )


def table_with(database, *columns):
    """The table that has these columns; None where we cannot look."""
    if database.dialect != "sqlite" or sys.platform == "emscripten":
        return None
    return next(
        (table for table in database.tables() if {*columns} <= {*names(database, table)}), None
    )


def names(database, table):
    return [name for (name,) in database.rows(f"SELECT name FROM pragma_table_info('{table}')")]


def what_a_sale_changes(database, table, before, after):
    """As SQL. An app may count versions of its rows; None when it does something else to them."""
    changes = ["stock = 0"]
    for name, old, new in zip(names(database, table), before, after, strict=True):
        if old != new and name != "stock":
            if not isinstance(new, int) or not isinstance(old, int):
                return None
            changes.append(f'"{name}" = "{name}" + {new - old}')
    return ", ".join(changes)


@contextmanager
def sold_out_meanwhile(api, database, statements, table, sale):
    """Somebody else is selling all there is: not committed yet while the app looks, and then it is.

    SQLite lets readers see what was before, and lets writers wait.
    """
    with closing(sqlite3.connect(database.file, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute(f'UPDATE "{table}" SET {sale}')
        before = len(statements.all)

        def look(turns):
            heard = [s.sql for s in statements.all[before:]]
            touched = any(table in sql or sql.startswith("BEGIN I") for sql in heard)
            asyncio.get_running_loop().call_later(
                0.02, commit if touched or not turns else look, turns - 1
            )

        def commit(turns):
            try:
                other.execute("COMMIT")
            except sqlite3.OperationalError:  # somebody reads at this very moment
                asyncio.get_running_loop().call_later(0.005, commit, turns)

        with api.at("http.request", lambda: look(20)):
            yield
        if other.in_transaction:
            other.execute("COMMIT")
