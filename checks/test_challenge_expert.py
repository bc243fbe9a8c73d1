import asyncio
import importlib
import logging
import re
import sqlite3
import sys
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone

import aiosqlite  # noqa: F401  here, so that it is there before the save for which a run waits
import pytest
import sqlalchemy.ext.asyncio
import sqlalchemy.orm  # noqa: F401

from course.harness import hints, needs, one_app, section, terminal_only
from course.harness.taps import failing_commits

pytestmark = one_app

UNKNOWN = 987_654
TOGETHER = 20
NO_NUMBER = "The id in this path is abc, and an id is a whole number."


def name_of(rng):
    return f"{rng.choice(('Ada', 'Bo', 'Zoë'))} {rng.choice(('Lind', 'Marsh'))} {rng.random()}"


class Slots:
    """The bodies of bookings of one room. Minutes count from a morning that is another in each."""

    def __init__(self, room, rng):
        self.room, self.rng = room, rng
        day, hour = rng.randint(1, 9000), rng.randint(6, 11)
        self.morning = datetime(2030, 1, 1, hour, tzinfo=UTC) + timedelta(days=day)

    def at(self, start, end, zone=UTC, **more):
        times = [(self.morning + timedelta(minutes=m)).astimezone(zone) for m in (start, end)]
        start, end = (one.isoformat() for one in times)
        person = name_of(self.rng)
        return {"room_id": self.room, "person": person, "start": start, "end": end, **more}


def new_room(api, rng):
    response = api.post("/rooms", json={"name": name_of(rng)})
    assert response.status_code == 201
    return Slots(response.json()["id"], rng)


def book(api, body, status="booked", **headers):
    """The booking, as the app shows it."""
    response = api.post("/bookings", json=body, headers=headers)
    assert response.status_code == 201
    assert response.json()["status"] == status
    return response.json()


def read(api, booking):
    response = api.get(f"/bookings/{booking['id']}")
    assert response.status_code == 200
    return response.json()


def cancel(api, booking):
    response = api.post(f"/bookings/{booking['id']}/cancel")
    assert response.status_code == 200
    return response


def booked(api, slots):
    """The ids of the bookings that GET /rooms shows for a room."""
    response = api.get("/rooms")
    assert response.status_code == 200
    rooms = [room for room in response.json() if room["id"] == slots.room]
    assert len(rooms) == 1, (
        "This room was created, and GET /rooms does not list it, or lists it twice."
    )
    return [booking["id"] for booking in rooms[0]["bookings"]]


def moment(value):
    """In UTC, so that two ways to write one moment are the same. What is none stays as it is."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return found.astimezone(UTC).isoformat() if found.tzinfo else f"{value}, without a time zone"


def plain(booking):
    """A booking with its moments in UTC."""
    if not isinstance(booking, dict):
        return booking
    return {
        key: moment(value) if key in ("start", "end") else value for key, value in booking.items()
    }


def content(database):
    """All that is committed, whatever the tables are called."""
    return {(table, *row) for table, rows in tables(database).items() for row in rows}


def tables(database):
    return {
        table: {tuple(map(plain_value, row)) for row in database.rows(f'SELECT * FROM "{table}"')}
        for table in database.tables()
    }


def plain_value(value):
    """PostgreSQL's driver makes dicts and lists of JSON."""
    return repr(value) if isinstance(value, dict | list) else value


def rows_with(value, rows):
    return {row for row in rows if value in row}


def changed(before, after):
    """In words."""
    return "no change" if before == after else "another content"


def wait_for(api, condition):
    """What is to come after an answer needs its time.

    The loop runs while we ask for something: here for what needs no database, and is nobody's
    business.
    """
    asked = len(api.exchanges)
    for pause in (0, 0, *[0.005] * 100):
        if condition():
            return
        time.sleep(pause)
        api.get("/openapi.json")
        del api.exchanges[asked:]


def settle(api, connections):
    """What still runs after an answer comes to its end."""
    wait_for(api, lambda: not connections.lent)


# Rooms and bookings --------------------------------------------------------------------------------


@section("the-app")
@hints(
    "The function lifespan runs when the app starts, and its second half when it stops.",
    "engine = create_async_engine(database_url()) inside lifespan, then await "
    "connection.run_sync(Base.metadata.create_all). Tables that stand in another module count "
    "when that module was imported.",
)
def test_the_tables_are_made_when_the_app_starts(app, database, start):
    """When the app starts, it makes its tables in the database that DATABASE_URL names."""
    assert database.tables() == [], "Nothing may be in the database before the app starts."
    with start():
        found = "its tables" if database.tables() else "no table"
        assert found == "its tables", (
            "main.py was imported, then DATABASE_URL was set, then the app started: and there is "
            "no table in this database. Make the engine and the tables in lifespan."
        )


@section("rooms")
@needs("test_the_tables_are_made_when_the_app_starts")
@hints("A session for each request, and a commit before the return.")
def test_a_room_is_created_and_listed(database, api, rng):
    """POST /rooms creates a room, and GET /rooms lists all of them."""
    made = []
    for name in (name_of(rng), "Zoë", " x ", "x" * 80, "Zoë"):
        response = api.post("/rooms", json={"name": name})
        assert response.status_code == 201, "Two rooms may have the same name."
        assert response.json() == {"id": response.json()["id"], "name": name}
        made.append(response.json())
    response = api.get("/rooms")
    assert response.status_code == 200
    listed = [room for room in response.json() if room["id"] in {room["id"] for room in made}]
    assert listed == [{**room, "bookings": []} for room in made], (
        "Five rooms were created, and GET /rooms does not list each of them, in the order of "
        "their ids, with no bookings."
    )
    for body in ({}, {"name": ""}, {"name": "x" * 81}):
        response = api.post("/rooms", json=body)
        assert response.status_code == 422, "The name of a room has 1 to 80 characters."


@section("bookings")
@needs("test_a_room_is_created_and_listed")
@hints(
    "The answer has six keys: id, room_id, person, start, end and status.",
    "SQLite keeps no time zone. Store UTC, and put the zone back on when you read: a "
    "TypeDecorator around DateTime(timezone=True) does both in one place.",
)
def test_a_booking_is_made_and_read(database, api, rng):
    """POST /bookings books a room, and GET /bookings/{booking_id} shows it."""
    slots = new_room(api, rng)
    zones = [timezone(timedelta(hours=hours)) for hours in (0, 2, -5, 5.5)]
    for hour, zone in enumerate(zones):
        body = slots.at(60 * hour, 60 * hour + rng.randint(1, 60), zone)
        response = api.post("/bookings", json=body)
        assert response.status_code == 201
        made = response.json()
        assert plain(made) == plain({**body, "id": made.get("id"), "status": "booked"}), (
            "The answer is the booking: the room, the person and the moments as they were sent, "
            "the status booked, and its id. A moment has an offset from UTC, or it means another "
            "one to each reader."
        )
        assert type(response.json()["id"]) is int, "The id of a booking is a whole number."
        response = api.get(f"/bookings/{made['id']}")
        assert response.status_code == 200
        assert plain(response.json()) == plain(made), (
            "GET shows another booking than POST has answered. A moment that comes back from the "
            "database must be the one that was sent: SQLite keeps no offset."
        )
    # Forty years before, for three days and a quarter of a second, by somebody with a space.
    body = slots.at(LONG_AGO, LONG_AGO + 3 * 24 * 60 + QUARTER, person=" Ada ")
    response = api.post("/bookings", json=body)
    assert response.status_code == 201, (
        "A booking may lie in the past, and may be as long as it likes."
    )
    made = response.json()
    for path in (None, f"/bookings/{made.get('id')}"):
        response = api.get(path) if path else response
        assert plain(response.json()) == plain({**body, "id": made["id"], "status": "booked"}), (
            "The person and the moments are those that were sent, with all characters and all "
            "parts of a second."
        )
    response = api.get(f"/bookings/{UNKNOWN}")
    assert response.status_code == 404
    response = api.get("/bookings/abc")
    assert response.status_code == 422, NO_NUMBER


LONG_AGO = -40 * 366 * 24 * 60  # in minutes, as QUARTER, which is a quarter of a second
QUARTER = 0.25 / 60


@section("the-app")
@needs("test_a_booking_is_made_and_read")
@hints(
    "A session must be closed on every way out, also when the request ends in an error.",
    "create_async_engine() and AsyncSession, and an await before each call.",
)
def test_each_request_gives_its_connection_back(database, connections, statements, api, rng):
    """Each request gives its connection back, and holds up the event loop for no statement."""
    before = len(statements.blocking)
    slots = new_room(api, rng)
    body = slots.at(0, 60)
    one = book(api, body)
    for method, path, json, status in (
        ("GET", "/rooms", None, 200),
        ("POST", "/rooms", {"name": "x"}, 201),
        ("POST", "/bookings", slots.at(90, 120), 201),
        ("POST", "/bookings", {}, 422),
        ("GET", f"/bookings/{one['id']}", None, 200),
        ("GET", f"/bookings/{UNKNOWN}", None, 404),
        ("POST", "/bookings", body | {"room_id": UNKNOWN}, 404),
    ):
        response = api.request(method, path, json=json)
        assert response.status_code == status
        assert lent(connections) == "no connection", keeps(response)
    blocking = ", ".join(sorted({sql.split()[0] for sql in statements.blocking[before:]}))
    assert f"{blocking or 'nothing'} on the event loop" == "nothing on the event loop", (
        f"{blocking} ran on the event loop itself. Until the database has answered, the requests "
        "of all other people stand still."
    )


def lent(connections):
    return f"{connections.lent or 'no'} connection{'s' if connections.lent > 1 else ''}"


def keeps(response):
    request = response.request
    return (
        f"{request.method} {request.url.path} was answered with {response.status_code}, and a "
        "session still holds the connection that it got from the pool. When all are kept, the "
        "next request waits for 30 seconds, and fails."
    )


@section("the-app")
@needs("test_a_booking_is_made_and_read")
@hints(
    "What stands behind a yield runs after the answer has left.",
    'Commit before the return, or use Depends(get_session, scope="function").',
)
def test_the_commit_comes_before_the_answer(database, api, rng):
    """What a request writes is committed before its answer leaves."""
    slots = new_room(api, rng)
    for path, body in (("/rooms", {"name": name_of(rng)}), ("/bookings", slots.at(0, 60))):
        before, seen = content(database), []
        with api.at("http.response.start", lambda seen=seen: seen.append(content(database))):
            response = api.post(path, json=body)
        assert response.status_code == 201
        assert changed(before, content(database)) == "another content", (
            f"The answer to POST {path} says that it was done, and nothing in the database has "
            "changed."
        )
        assert changed(seen[0], content(database)) == "no change", (
            f"The answer to POST {path} left first, and the commit came after it. When the commit "
            "fails, the client has been told that all went well."
        )


@section("bookings")
@needs("test_a_booking_is_made_and_read")
@hints(
    "AwareDatetime of Pydantic takes no moment without an offset.",
    'A @model_validator(mode="after") sees start and end together.',
)
def test_a_wrong_body_is_422(database, api, rng):
    """POST /bookings is 422 when the body breaks a rule, and nothing is stored."""
    slots = new_room(api, rng)
    right = slots.at(0, 60)
    before = content(database)
    for wrong, why in (
        ({"start": right["start"][:19], "end": right["end"][:19]}, "have no offset from UTC"),
        ({"end": right["end"][:19]}, "are not both with an offset"),
        ({"end": right["start"]}, "are one and the same moment"),
        (slots.at(60, 0), "stand the wrong way round"),
        # Later on the clock of its own zone, and earlier all the same.
        (
            {"end": slots.at(0, -30, timezone(timedelta(hours=3)))["end"]},
            "stand the wrong way round",
        ),
        ({"start": "tomorrow"}, "are not both moments"),
        ({"end": None}, "are not both moments"),
    ):
        response = api.post("/bookings", json=right | wrong)
        assert response.status_code == 422, f"The start and the end of this booking {why}."
    for key in ("room_id", "person", "start", "end"):
        response = api.post("/bookings", json={k: v for k, v in right.items() if k != key})
        assert response.status_code == 422, f"This body has no {key}."
    for person in ("", "x" * 81, None):
        response = api.post("/bookings", json=right | {"person": person})
        assert response.status_code == 422, "A person has 1 to 80 characters."
    for room_id in ("attic", 1.5, None):
        response = api.post("/bookings", json=right | {"room_id": room_id})
        assert response.status_code == 422, "The id of a room is a whole number."
    for wait in ("perhaps", None):
        response = api.post("/bookings", json=right | {"wait": wait})
        assert response.status_code == 422, (
            "wait is true or false. It may be missing, and not null."
        )
    assert changed(before, content(database)) == "no change", (
        "These bodies were refused, and something was stored all the same."
    )


@section("no-double-booking")
@needs("test_a_booking_is_made_and_read")
@hints(
    "Two bookings overlap when each one starts before the other one ends.",
    "Booking.start < new.end and Booking.end > new.start: with < and >, touching ones do not.",
    "Compare moments, not texts or times of the clock: everything in UTC.",
)
def test_an_overlap_is_409(database, api, rng):
    """POST /bookings is 409 when it overlaps a booking of the room, and touching is none."""
    slots, other = new_room(api, rng), new_room(api, rng)
    book(api, slots.at(60, 120))
    before = content(database)
    east, west = (timezone(timedelta(hours=hours)) for hours in (9, -7))
    moment = 0.001 / 60
    for start, end, zone, how in (
        (60, 120, UTC, "is the same"),
        (90, 100, UTC, "lies inside"),
        (30, 150, UTC, "lies all around"),
        (0, 60 + moment, UTC, "ends a millisecond too late"),
        (120 - moment, 180, UTC, "starts a millisecond too early"),
        (90, 150, east, "overlaps, in another offset,"),
        (30, 90, west, "overlaps, in another offset,"),
    ):
        response = api.post("/bookings", json=slots.at(start, end, zone))
        assert response.status_code == 409, (
            f"The room is booked for an hour, and a booking that {how} was not refused. Two "
            "meetings stand in front of one door."
        )
    assert changed(before, content(database)) == "no change", (
        "These bookings were refused with 409, and something was stored all the same."
    )
    for start, end, zone in ((0, 60, UTC), (120, 180, east), (180, 181, west), (-1, 0, west)):
        response = api.post("/bookings", json=slots.at(start, end, zone))
        assert response.status_code == 201, (
            "One booking ends at the moment at which the other one starts. The end does not "
            "belong to a booking: they touch, and do not overlap."
        )
    response = api.post("/bookings", json=other.at(60, 120) | slots_of(slots.at(60, 120)))
    assert response.status_code == 201, "Another room is booked at this time. This one is free."


def slots_of(body):
    return {key: body[key] for key in ("start", "end")}


@section("rooms")
@needs("test_an_overlap_is_409")
@hints(
    "selectinload() fetches the bookings of all rooms with one more query.",
    "A relationship may have a condition and an order of its own: primaryjoin, order_by and "
    "viewonly=True.",
)
def test_rooms_are_listed_with_their_bookings(database, statements, api, rng):
    """GET /rooms shows the bookings of each room, with as many queries for many as for one."""
    rooms = [new_room(api, rng) for _ in range(2)]
    made = {slots.room: [book(api, slots.at(*times)) for times in TIMES] for slots in rooms}
    with statements.during() as few:
        response = api.get("/rooms")
    assert response.status_code == 200
    listed = {room["id"]: room["bookings"] for room in response.json()}
    for room, bookings in made.items():
        expected = sorted(map(plain, bookings), key=lambda booking: booking["start"])
        assert [*map(plain, listed[room])] == expected, (
            "The bookings of a room in this list are those that were made, each one as GET "
            "/bookings/{booking_id} shows it, the earliest first."
        )
    for _ in range(3):
        slots = new_room(api, rng)
        book(api, slots.at(0, 60))
    with statements.during() as many:
        response = api.get("/rooms")
    assert response.status_code == 200
    assert len(many) <= len(few), (
        f"Before three rooms were added, GET /rooms sent {len(few)} statements to the database, "
        f"and then {len(many)}: it asks again for each room. With a thousand rooms, the list "
        "waits for a thousand answers, one after the other."
    )


TIMES = ((120, 180), (0, 60), (180, 200), (60, 61))


@section("cancelling")
@needs("test_rooms_are_listed_with_their_bookings", "test_the_commit_comes_before_the_answer")
@hints("A cancelled booking stays in the table. It counts no more when you look for overlaps.")
def test_a_cancelled_booking_leaves_the_room_free(database, connections, calls, api, rng):
    """POST /bookings/{booking_id}/cancel frees the room, and a second one is 409."""
    slots = new_room(api, rng)
    kept, gone = book(api, slots.at(0, 60)), book(api, slots.at(60, 120))
    before, seen = content(database), []
    with api.at("http.response.start", lambda: seen.append(content(database))):
        response = cancel(api, gone)
    assert changed(before, seen[0]) == "another content", (
        "The answer to the cancellation left, and nothing was committed by then."
    )
    assert plain(response.json()) == plain({**gone, "status": "cancelled"}), (
        "The answer is the booking as it was, now with the status cancelled."
    )
    assert plain(read(api, gone)) == plain({**gone, "status": "cancelled"}), (
        "A cancelled booking can still be read, with the status cancelled."
    )
    assert booked(api, slots) == [kept["id"]], (
        "Of two bookings one was cancelled. GET /rooms shows those that are booked, and no others."
    )
    for _ in range(2):
        response = api.post(f"/bookings/{gone['id']}/cancel")
        assert response.status_code == 409, "This booking was cancelled before: that is 409."
        settle(api, connections)
        assert lent(connections) == "no connection", keeps(response)
    response = api.post("/bookings", json=slots.at(60, 120))
    assert response.status_code == 201, (
        "The booking at this time was cancelled, so the room is free."
    )
    response = api.post(f"/bookings/{UNKNOWN}/cancel")
    assert response.status_code == 404, "There is no such booking."
    response = api.post("/bookings/abc/cancel")
    assert response.status_code == 422, NO_NUMBER


# Idempotency ---------------------------------------------------------------------------------------


def key_of(rng):
    return {"Idempotency-Key": f"{rng.getrandbits(64):016x}"}


@section("the-idempotency-key")
@needs("test_a_cancelled_booking_leaves_the_room_free")
@hints(
    "Store the key in the same transaction as the booking, with the request and the answer.",
    "The answer is what was answered the first time, not what the booking has become since.",
)
def test_a_key_brings_the_same_answer_again(database, connections, calls, api, rng):
    """POST /bookings with the same Idempotency-Key and body answers the same, and books once."""
    slots, header = new_room(api, rng), key_of(rng)
    body = slots.at(0, 60)
    first = book(api, body, **header)
    before = content(database)
    for _ in range(2):
        response = api.post("/bookings", json=body, headers=header)
        assert response.status_code == 201, (
            "This request came before, with the same Idempotency-Key and the same body. A client "
            "that has not read the answer sends it again, and gets the answer of the first time."
        )
        assert response.json() == first
        assert lent(connections) == "no connection", keeps(response)
    assert changed(before, content(database)) == "no change", (
        "The second request with the same key and body has changed something in the database."
    )
    cancel(api, first)
    response = api.post("/bookings", json=body, headers=header)
    assert response.status_code == 201, (
        "The answer to this key was 201. The booking was cancelled since, and that changes "
        "nothing about what was answered."
    )
    assert response.json() == first, (
        "The first answer to this key was another one. Who sends a request again gets what was "
        "answered then, and not what the booking has become since."
    )
    assert booked(api, slots) == [], (
        "The booking was cancelled. The same request, sent again, has booked the room once more: "
        "a retry that was late on its way undoes what a person has decided."
    )
    response = api.post("/bookings", json=body, headers={"Idempotency-Key": "7e" * 100})
    assert response.status_code == 201, (
        "The key is another one, of 200 characters: this is a new request."
    )
    response = api.post("/bookings", json=body)
    assert response.status_code == 409, "Without a key, each request is a new one."


@section("the-idempotency-key")
@needs("test_a_key_brings_the_same_answer_again")
@hints(
    "Keep what the first request asked for, and compare.",
    "The key is committed with the booking or not at all. A refusal rolls both back.",
)
def test_a_key_belongs_to_one_request(database, connections, calls, api, rng):
    """POST /bookings is 422 for another body with a used key, and a refusal uses no key up."""
    slots, free, header = new_room(api, rng), new_room(api, rng), key_of(rng)
    body = slots.at(0, 60)
    first = book(api, body, **header)
    before = content(database)
    for other in (
        slots.at(60, 120),
        body | {"start": slots.at(-30, 60)["start"]},
        body | {"end": slots.at(0, 90)["end"]},
        body | {"person": name_of(rng)},
        body | {"room_id": free.room},
        body | {"wait": True},
    ):
        response = api.post("/bookings", json=other, headers=header)
        assert lent(connections) == "no connection", keeps(response)
        assert response.status_code == 422, (
            "This Idempotency-Key was used with another body. The first answer is not right for "
            "this one: a client that mixes up its keys must learn of it."
        )
        assert changed(before, content(database)) == "no change", (
            "The request was refused, because its key belongs to another one, and something was "
            "stored all the same."
        )
    header = key_of(rng)
    for refused, status in ((body | {"room_id": UNKNOWN}, 404), (body, 409)):
        response = api.post("/bookings", json=refused, headers=header)
        assert response.status_code == status
        assert lent(connections) == "no connection", keeps(response)
        assert changed(before, content(database)) == "no change", (
            f"The request was refused with {status}, and something was stored all the same."
        )
    cancel(api, first)
    response = api.post("/bookings", json=body, headers=header)
    assert response.status_code == 201, (
        "With this key, two requests were refused: 404 and 409. Nothing was done for them, so "
        "the key is still free, and the room is by now."
    )


# The waiting list ----------------------------------------------------------------------------------


class Calls:
    """What the desk did, and what was so meanwhile."""

    def __init__(self, api, database, connections):
        self._api, self._database, self._connections = api, database, connections
        self.told, self.held, self.committed, self.fails = [], [], [], []

    def ring(self, person, booking_id):
        self._api.timeline.append("told")
        self.held.append(self._connections.lent)
        self.committed.append(content(self._database))
        self.told.append((person, booking_id))
        if self.fails:
            raise self.fails.pop(0)


@pytest.fixture
def calls(request, database, connections, loop_probe, monkeypatch):
    """The desk, which rings nobody up."""
    calls = Calls(request.getfixturevalue("api"), database, connections)
    desk = importlib.import_module("desk")
    monkeypatch.setattr(desk, "_ring", loop_probe.watch(calls.ring))
    return calls


@section("the-waiting-list")
@needs("test_a_cancelled_booking_leaves_the_room_free")
@hints('With "wait": true, what would be a 409 is stored with the status waiting.')
def test_who_cannot_have_the_room_may_wait(database, connections, calls, api, rng):
    """POST /bookings with "wait": true waits when the room is taken."""
    slots = new_room(api, rng)
    first = book(api, slots.at(0, 60, wait=True))
    made = [first]
    header = key_of(rng)
    for headers in (header, {}):
        body = slots.at(30, 90, wait=True)
        response = api.post("/bookings", json=body, headers=headers)
        assert response.status_code == 201, (
            "The room is taken, and this person is ready to wait: that is 201, with the status "
            "waiting."
        )
        expected = {**body, "id": response.json()["id"], "status": "waiting"}
        expected.pop("wait")
        assert plain(response.json()) == plain(expected), (
            "The answer is the booking, with the status waiting."
        )
        made.append(response.json())
        if headers:
            response = api.post("/bookings", json=body, headers=headers)
            assert response.status_code == 201
            assert response.json() == made[1]
    assert plain(read(api, made[1])) == plain(made[1]), "Nothing has changed: the booking waits."
    assert booked(api, slots) == [first["id"]], (
        "GET /rooms shows the bookings that are booked. Who waits has none yet."
    )
    response = api.post("/bookings", json=slots.at(60, 90))
    assert response.status_code == 201, (
        "Nobody has booked this time. Somebody waits for a longer one, and who waits keeps "
        "nobody off."
    )
    response = api.post("/bookings", json=slots.at(0, 60, wait=False))
    assert response.status_code == 409
    cancel(api, made[1])
    assert read(api, made[1])["status"] == "cancelled", (
        "Who waits can give it up: a waiting booking can be cancelled too."
    )
    settle(api, connections)
    assert read(api, made[2])["status"] == "waiting", (
        "Somebody gave up waiting, and another one who waits for the same time was booked. The "
        "room is still taken: now it is booked twice."
    )


@section("the-waiting-list")
@needs("test_who_cannot_have_the_room_may_wait")
@hints(
    "After a cancellation, go through those who wait for this room, in the order of their ids.",
    "For each one look again whether the time is free. The one before may have just taken it.",
)
def test_who_waits_first_moves_up(database, calls, api, rng):
    """After a cancellation, those who wait are booked: in their order, if the time is free."""
    slots, elsewhere = new_room(api, rng), new_room(api, rng)
    long, beside = book(api, slots.at(0, 120)), book(api, slots.at(120, 180))
    book(api, elsewhere.at(0, 120) | slots_of(slots.at(0, 120)))
    too_long, first, second, small, late, foreign = (
        book(api, body | {"wait": True}, "waiting")
        for body in (
            slots.at(60, 150),
            # Neither the earlier start nor the shorter time comes first.
            slots.at(30, 60),
            slots.at(0, 60),
            slots.at(60, 120),
            slots.at(90, 120),
            elsewhere.at(0, 60) | slots_of(slots.at(0, 60)),
        )
    )
    cancel(api, long)
    wait_for(api, lambda: read(api, small)["status"] == "booked")
    assert read(api, too_long)["status"] == "waiting", (
        "This person wants a time that reaches into another booking, which still holds. The room "
        "is booked twice."
    )
    assert read(api, first)["status"] == "booked", (
        "One booking was cancelled. Those who wait move up in the order in which they came, and "
        "this person was the first for whom the time is free."
    )
    for one in (second, late):
        assert read(api, one)["status"] == "waiting", (
            "Two people wait for times that overlap each other. The one who came first has moved "
            "up, and takes the room from the other one: now it is booked twice."
        )
    assert read(api, small)["status"] == "booked", (
        "A booking of two hours was cancelled. Two people wait for other parts of it, and both "
        "parts are free: both of them move up."
    )
    assert read(api, foreign)["status"] == "waiting", (
        "This person waits for another room, and that one is still taken."
    )
    wait_for(api, lambda: len(calls.told) >= 2)
    expected = [(one["person"], one["id"]) for one in (first, small)]
    assert sorted(calls.told, key=str) == sorted(expected, key=str), (
        "Each person who has moved up is told so once, by tell(person, booking_id), and nobody "
        "else is."
    )
    assert booked(api, slots) == [first["id"], small["id"], beside["id"]], (
        "GET /rooms does not show those who have moved up."
    )


@section("after-the-answer")
@needs("test_who_waits_first_moves_up")
@hints(
    "tasks.add_task(…) runs after the answer, with a session that the task opens itself.",
    "Commit and close the session first. Then call tell(), once for each, in a thread: "
    "await asyncio.to_thread(tell, person, booking_id).",
)
def test_nobody_waits_for_the_telephone(database, calls, loop_probe, api, rng):
    """The answer to a cancellation leaves first, and no connection is held while tell() runs."""
    slots = new_room(api, rng)
    first = book(api, slots.at(0, 60))
    for times in ((0, 30), (30, 60)):
        book(api, slots.at(*times, wait=True), "waiting")
    start = len(api.timeline)
    cancel(api, first)
    wait_for(api, lambda: len(calls.told) >= 2)
    assert len(calls.told) == 2, "Two people have moved up, and not two were told."
    happened = [e for e in api.timeline[start:] if e in ("http.response.start", "told")]
    order = "answer, then call" if happened[0] != "told" else "call, then answer"
    assert order == "answer, then call", (
        "tell() was called before the answer left. It takes a second, and the person who has "
        "cancelled waits for it."
    )
    assert loop_probe.blocked == [], (
        "tell() was called on the event loop, and it blocks: for as long as the telephone rings, "
        "no other request is answered."
    )
    for held in calls.held:
        assert f"{held} connections" == "0 connections", (
            "While tell() was running, a connection of the database was lent to somebody. Fifteen "
            "slow calls, and the pool is empty. Commit and close the session first."
        )
    now = content(database)
    for (person, _), committed in zip(calls.told, calls.committed, strict=True):
        assert changed(rows_with(person, now), rows_with(person, committed)) == "no change", (
            "Somebody was told that the room is theirs, and it was not committed yet. If the "
            "commit fails, they stand in front of a closed door."
        )


@section("after-the-answer")
@needs("test_nobody_waits_for_the_telephone")
@hints(
    "A try around each single tell(), inside the task.",
    'except Exception: log.exception("Nobody was told about booking %s", booking_id)',
)
def test_a_call_that_fails_stops_nothing_else(database, calls, errors, api, rng):
    """When tell() raises, the booking holds, the next person is told, and the log says so."""
    slots = new_room(api, rng)
    first = book(api, slots.at(0, 60))
    waiting = [book(api, slots.at(*t, wait=True), "waiting") for t in ((0, 30), (30, 60))]
    calls.fails = [Engaged("try again later"), ConnectionError("nobody answers")]
    cancel(api, first)
    wait_for(api, lambda: len(errors.lines) >= 2)
    assert len(calls.told) == 2, (
        "Two people have moved up. The first one could not be reached, and the second one was "
        "never rung up."
    )
    for one in waiting:
        assert read(api, one)["status"] == "booked", (
            "The person could not be reached, and has lost the room again. The booking holds all "
            "the same."
        )
    named = {number for line in errors.lines for number in re.findall(r"\d+", line)}
    for one in waiting:
        found = "named" if str(one["id"]) in named else "not named"
        assert found == "named", (
            f"tell() raised for the booking {one['id']}, and no line of the log at ERROR names "
            "its id. Nobody will ever ring this person up."
        )


class Engaged(Exception):
    """No subclass of anything that one would think of."""


class Errors(logging.Handler):
    """What is logged at ERROR or above."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@pytest.fixture
def errors():
    handler = Errors()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


# When something fails ------------------------------------------------------------------------------


def writes(api, rng):
    """One request of each kind that writes, each when its turn comes."""
    slots = new_room(api, rng)
    yield "/rooms", {"name": name_of(rng)}, {}, 201
    yield "/bookings", slots.at(0, 60), {}, 201
    yield "/bookings", slots.at(60, 90), key_of(rng), 201
    yield f"/bookings/{book(api, slots.at(90, 120))['id']}/cancel", None, {}, 200


@section("the-app")
@needs("test_the_commit_comes_before_the_answer", "test_a_key_brings_the_same_answer_again")
@hints(
    "Catch IntegrityError only, and only where it can mean one thing.",
    "One commit for each request: the key, the answer and the booking belong together.",
)
def test_a_commit_that_fails_is_no_success(database, calls, api, rng):
    """When the commit fails, the answer is 500 or more, and the request can be sent again."""
    for path, body, headers, status in writes(api, rng):
        before = content(database)
        with failing_commits() as tried:
            response = api.post(path, json=body, headers=headers)
        if not tried:
            continue  # it commits in a way that we cannot break
        assert response.status_code >= 500, (
            f"During POST {path} the database refused the commit, because its disk was full. The "
            f"answer was {response.status_code}, which says something else."
        )
        assert changed(before, content(database)) == "no change", (
            f"The commit of POST {path} failed, and a part of it is stored all the same."
        )
        response = api.post(path, json=body, headers=headers)
        assert response.status_code == status, (
            f"Before this request, the commit of the same POST {path} failed, and the client "
            "sends it again. Nothing of the failed one may be left: no key, and no half answer."
        )
        assert changed(before, content(database)) == "another content", (
            f"The commit of POST {path} failed, and the same request, sent again, was answered "
            f"with {status}. Nothing is stored: the answer comes from memory, and there is no "
            "booking behind it."
        )


@section("the-app")
@needs("test_a_key_brings_the_same_answer_again")
@hints(
    "What has to outlive the app must be in the database: the keys too.",
    "await engine.dispose(), after the yield of lifespan.",
)
def test_a_restart_loses_nothing(database, opened, start, rng):
    """After a restart everything is still there, and no connection was left open."""
    with start() as api:
        slots, header = new_room(api, rng), key_of(rng)
        body = slots.at(0, 60)
        one = book(api, body, **header)
    assert f"{len(opened)} open connections" == "0 open connections", (
        "The app has stopped, and a connection to the database is still open. await "
        "engine.dispose() after the yield of lifespan closes all of them."
    )
    with start() as api:
        assert booked(api, slots) == [one["id"]], (
            "A room was booked, the app was stopped and started again, and the booking is gone."
        )
        response = api.post("/bookings", json=body, headers=header)
        assert response.status_code == 201, (
            "After a restart, the app does not know a key that it has answered before. Clients "
            "send a request again above all when a server has just gone down."
        )
        assert response.json() == one


@pytest.fixture
def opened():
    """The connections that SQLAlchemy's pools have open."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    found = set()

    def connect(connection, record):
        found.add(id(record))

    def close(connection, record):
        found.discard(id(record))

    event.listen(Pool, "connect", connect)
    event.listen(Pool, "close", close)
    yield found
    event.remove(Pool, "connect", connect)
    event.remove(Pool, "close", close)


# At the same time ----------------------------------------------------------------------------------


class Other:
    """Another process. It holds SQLite's write lock until the app has looked and waits to write.

    SQLite lets readers see what was before, and lets writers wait.
    """

    wrote = False

    def __init__(self, database, statements):
        self._statements, self._done = statements, False
        self.connection = sqlite3.connect(database.file, timeout=0, isolation_level=None)

    def begin(self, sql):
        """Write, without a commit. That comes when nothing has been heard of the app for a while."""
        with suppress(sqlite3.OperationalError):
            self.connection.execute("BEGIN IMMEDIATE")
            for line, values in sql:
                self.connection.execute(line, values)
            self.wrote = True
            self._later(len(self._statements.all), len(self._statements.all), 0, 100)

    def _later(self, *state):
        asyncio.get_running_loop().call_later(0.01, self._look, *state)

    def _look(self, start, before, quiet, turns):
        heard = len(self._statements.all)
        quiet = quiet + 1 if heard == before > start else 0
        if self._done:
            return
        if quiet < 5 and turns:
            self._later(start, heard, quiet, turns - 1)
            return
        try:
            self.connection.execute("COMMIT")
        except sqlite3.OperationalError:  # somebody reads at this very moment
            self._later(start, heard, quiet, turns)

    def end(self):
        self._done = True
        if self.connection.in_transaction:
            self.connection.execute("PRAGMA busy_timeout = 5000")
            self.connection.execute("COMMIT")


@contextmanager
def meanwhile(api, database, statements, message="http.request", sql=(), unless=lambda: False):
    """Another process writes from this message on, and is done when the app waits for it.

    Only where we can look into the database: elsewhere the app goes on undisturbed.
    """
    if database.dialect != "sqlite" or sys.platform == "emscripten":
        yield None
        return
    other, passed = Other(database, statements), []

    def begin():
        if not passed and not unless():
            other.begin(sql)
        passed.append(message)

    with closing(other.connection):
        with api.at(message, begin):
            yield other
        other.end()


def send(api, bodies, headers=None):
    return api.together(
        [api.build_request("POST", "/bookings", json=body, headers=headers) for body in bodies]
    )


@terminal_only("the browser gives the database to one request after the other")
@section("no-double-booking")
@needs("test_who_cannot_have_the_room_may_wait", "test_each_request_gives_its_connection_back")
@hints(
    "Between your look and your write, nineteen others look.",
    "Lock first, then look: an UPDATE of the room's row makes everybody else wait who wants to "
    "write to it, on SQLite and on PostgreSQL.",
    "update(Room).where(Room.id == room_id).values(name=Room.name), before the SELECT.",
)
def test_one_of_twenty_gets_the_room(database, statements, api, rng):
    """POST /bookings books a room once when twenty requests come together."""
    slots = new_room(api, rng)
    bodies = [slots.at(n % 4, 60 + n // 3, wait=n % 5 == 0) for n in range(TOGETHER)]
    rng.shuffle(bodies)
    with meanwhile(api, database, statements):
        responses = send(api, bodies)
    for response in responses:
        assert response.status_code in (201, 409), (
            "Twenty bookings that overlap came together. Each one is answered with 201 or 409: a "
            "request that meets another one in the database must not break."
        )
    made = [r.json()["status"] for r in responses if r.status_code == 201].count("booked")
    assert f"{made} booked" == "1 booked", (
        f"Twenty bookings that overlap came together, and {made} of them have the status "
        "booked. Each request looked before another one wrote, so it saw a free room. First lock, "
        "then look, then write, in one transaction."
        if made
        else "Twenty bookings that overlap came together. The room was free, and nobody got it."
    )
    assert len(booked(api, slots)) == 1, (
        "One of twenty bookings has the status booked. In the database there is not one."
    )


@terminal_only("the browser gives the database to one request after the other")
@section("the-idempotency-key")
@needs("test_a_key_belongs_to_one_request", "test_one_of_twenty_gets_the_room")
@hints(
    "The key is the primary key of a table: the database takes it once. Write it first, before "
    "you look at the room.",
    "except IntegrityError: await session.rollback(), then read the stored answer.",
)
def test_one_key_books_once_also_at_the_same_time(database, statements, api, rng):
    """POST /bookings books once when requests with the same Idempotency-Key come together."""
    slots, header = new_room(api, rng), key_of(rng)
    with meanwhile(api, database, statements):
        responses = send(api, [slots.at(0, 60)] * 4, header)
    for response in responses:
        assert response.status_code == 201, (
            "Four requests with the same Idempotency-Key and the same body came together. Each one "
            "is answered with 201: those that come second wait for the first, and answer as it "
            "did."
        )
        assert response.json() == responses[0].json()
    assert len(booked(api, slots)) == 1, (
        "Four requests with the same Idempotency-Key came together, and not one booking was made."
    )
    rooms, header = [new_room(api, rng) for _ in range(3)], key_of(rng)
    with meanwhile(api, database, statements):
        responses = send(api, [slots.at(0, 60) for slots in rooms], header)
    statuses = sorted(response.status_code for response in responses)
    assert statuses == [201, 422, 422], (
        "Three requests with the same Idempotency-Key, each for another room, came together. One "
        "of them is 201, and for the others the key belongs to another request: 422."
    )


@terminal_only("the browser gives the database to one request after the other")
@section("no-double-booking")
@needs("test_one_of_twenty_gets_the_room")
@hints(
    "A lock in Python holds up the requests of one process. A second process does not know it.",
    "The task that lets somebody move up looks and writes too: it locks the room first.",
)
def test_another_process_may_book_too(database, statements, connections, calls, api, rng):
    """A room that another process books at the same moment is not booked again."""
    if database.dialect != "sqlite":
        return  # only there we can take its part
    slots = new_room(api, rng)
    rows = taken_out(api, database, slots.at(0, 60))
    if rows is None:
        return  # a booking is more than new rows, and we cannot say what another process does
    with meanwhile(api, database, statements, sql=put(rows)) as other:
        response = api.post("/bookings", json=slots.at(30, 90))
    if not other.wrote:
        return
    assert response.status_code == 409, (
        "While this request was on its way, another process booked the room for this time, and "
        "then this request booked it again. What one process knows, or locks in Python, the "
        "others do not know: only the database can decide."
    )
    slots = new_room(api, rng)
    first = book(api, slots.at(0, 60))
    late = book(api, slots.at(0, 90, wait=True), "waiting")
    kept = book(api, slots.at(60, 90))
    cancel(api, first)
    settle(api, connections)
    rows = taken_out(api, database, slots.at(0, 60))
    before = rows_with(late["person"], content(database))

    def has_moved_up():
        """Already in the transaction of the cancellation: nobody could come between."""
        return rows_with(late["person"], content(database)) != before

    at = "http.response.start"
    with meanwhile(api, database, statements, at, put(rows or []), has_moved_up) as other:
        cancel(api, kept)
    if not other.wrote:
        return
    settle(api, connections)
    status = read(api, late)["status"]
    assert status == "waiting", (
        "Somebody waited for the room, and the way was free. At that moment another process "
        "booked the room, and then the task booked it for the one who waited: it has to lock the "
        "room before it looks."
    )


def taken_out(api, database, body):
    """The rows that a booking adds, no longer there. None when it changes rows as well."""
    before = tables(database)
    book(api, body)
    after = tables(database)
    if any(before[table] - after[table] for table in before):
        return None
    rows = [(table, row) for table in after for row in after[table] - before[table]]
    with closing(sqlite3.connect(database.file, timeout=5, isolation_level=None)) as other:
        for table, row in rows:
            columns = [name for (name,) in database.rows(names(table))]
            same = " AND ".join(f'"{column}" IS ?' for column in columns)
            other.execute(f'DELETE FROM "{table}" WHERE {same}', row)
    return rows


def put(rows):
    return [
        (f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row) for table, row in rows
    ]


def names(table):
    return f"SELECT name FROM pragma_table_info('{table}')"


@terminal_only("the browser gives the database to one request after the other")
@section("cancelling")
@needs("test_a_cancelled_booking_leaves_the_room_free", "test_one_of_twenty_gets_the_room")
@hints(
    "Two requests can both read that the booking holds, before one of them writes.",
    "Lock the room first, and read the booking after that. Or write with a condition: "
    "UPDATE … WHERE id = … AND status != 'cancelled' changes one row or none.",
)
def test_a_booking_is_cancelled_once(database, statements, calls, api, rng):
    """POST /bookings/{booking_id}/cancel works for one of several that come together."""
    slots = new_room(api, rng)
    for _ in range(3):
        path = f"/bookings/{book(api, slots.at(0, 60))['id']}/cancel"
        with meanwhile(api, database, statements):
            responses = api.together([api.build_request("POST", path, json={}) for _ in range(3)])
        statuses = sorted(response.status_code for response in responses)
        assert statuses == [200, 409, 409], (
            "Three requests to cancel the same booking came together. One of them is 200. The "
            "others come after it, so for them the booking was cancelled before: 409."
        )
