import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI


def database_url() -> str:
    file = Path(__file__).with_name("rooms.db")
    return os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # TODO: an engine for database_url(), and the tables. When the app stops, dispose of it.
    yield


app = FastAPI(title="Room booking", lifespan=lifespan)


# TODO: the page docs/lessons/challenge_expert.md says what this app can do. Where it stands is
# yours to say: a modular app has this file, which puts the parts together, and modules beside it.
#
#   POST /rooms                  {"name": "Attic"}
#   GET  /rooms                  each with the bookings that hold
#   POST /bookings               {"room_id": 1, "person": "Ada", "start": "2026-12-01T09:00:00Z",
#                                 "end": "2026-12-01T10:30:00Z"}
#   GET  /bookings/1
#   POST /bookings/1/cancel      whoever waits moves up, after the answer: desk.tell("Bob", 2)
