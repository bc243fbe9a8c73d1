import asyncio
import importlib
import time

import pytest

from course.harness import hints, needs


@pytest.fixture
def kitchen(start, monkeypatch):
    """The app's client, and one entry for each pot: its event loop, and how many pots were on."""
    loops, done, at_once = [], [], []

    async def sleep(seconds):
        """As long as it takes the second pot to come, if it comes."""
        loops.append(asyncio.get_running_loop())
        for _ in range(40):
            if len(loops) - len(done) > 1:
                break
            await asyncio.sleep(0.005)
        at_once.append(len(loops) - len(done))
        await asyncio.sleep(0.02)
        done.append(seconds)

    monkeypatch.setattr(importlib.import_module("tea"), "sleep", sleep)
    with start() as api:
        yield api, loops, at_once


@hints(
    "brew() is an async def: calling it only makes a coroutine. What runs it?",
    "async def read_tea(), and in it await brew()",
)
def test_a_pot(kitchen):
    """GET /tea answers the number of a new pot."""
    api, _, _ = kitchen
    for number in (1, 2):
        response = api.get("/tea")
        assert response.status_code == 200
        assert response.json() == {"pot": number}, (
            "brew() numbers its pots from 1. Each GET /tea brews one, and answers its number."
        )


@needs("test_a_pot")
@hints("await lets others run until the pot is ready. What keeps them from it?")
def test_two_at_once(kitchen):
    """Two pots brew at the same time."""
    api, _, at_once = kitchen
    for response in api.together([api.build_request("GET", "/tea") for _ in "12"]):
        assert response.status_code == 200
    assert max(at_once) == 2, (
        "Two requests came at once, and the second pot was put on when the first one was ready. "
        "While one request awaits, others must be able to go on."
    )


@needs("test_two_at_once")
@hints("time.sleep() and asyncio.run() have no place in an async def: await does it all.")
def test_on_the_loop_and_not_blocking_it(kitchen, monkeypatch):
    """brew() is awaited on the app's event loop, and nothing blocks that loop."""
    api, loops, _ = kitchen
    sleep, slept = time.sleep, []

    def watched(seconds):
        if runs_in_a_task():  # and not in a thread; in the browser, the loop itself sleeps too
            slept.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", watched)
    for response in api.together([api.build_request("GET", "/tea") for _ in "12"]):
        assert response.status_code == 200
    assert slept == [], (
        "time.sleep() was called on the event loop: until it returns, nobody else is served."
    )
    assert len(set(loops)) == 1, (
        "Each request has made an event loop of its own, as asyncio.run() does. Write async def "
        "and await, and the app's loop serves them all."
    )


def runs_in_a_task():
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
