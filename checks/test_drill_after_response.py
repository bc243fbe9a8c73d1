import importlib

import pytest

from course.harness import hints, needs


@pytest.fixture
def house(api, monkeypatch, loop_probe):
    """The app's client. What rings stands in its timeline, among the messages of the server."""
    bell = importlib.import_module("bell")

    def sleep(seconds):
        """No time is lost here."""

    monkeypatch.setattr(bell, "sleep", loop_probe.watch(sleep))
    monkeypatch.setattr(bell, "rung", api.timeline)
    return api


@pytest.fixture
def names(rng):
    return rng.sample(["Ada", "Grace", "Linus", "Margaret", "Tim"], 2)


def rings(api):
    return [event for event in api.timeline if event.startswith("ring")]


@hints(
    "A parameter with the type BackgroundTasks is filled in by FastAPI.",
    "tasks.add_task(ring, name): the function comes without parentheses.",
)
def test_the_bell_rings(house, names):
    """POST /visitors is 202, and rings for the visitor."""
    for name in names:
        response = house.post("/visitors", params={"name": name})
        assert response.status_code == 202
        assert response.json() == {"name": name}
    expected = [f"ring for {name}" for name in names]
    assert rings(house) == expected, (
        "Each visitor is rung for, once. FastAPI runs the BackgroundTasks that it gave to the "
        "function, or that the response carries, and no others."
    )


@needs("test_the_bell_rings")
@hints("ring(name) calls it at once. add_task(ring, name) notes what to call.")
def test_after_the_response(house, names):
    """The bell rings after the response."""
    response = house.post("/visitors", params={"name": names[0]})
    assert response.status_code == 202
    order = [e for e in house.timeline if e.startswith(("http.response", "ring"))]
    assert order[0] == "http.response.start", (
        "The bell rang first, and the response left after it: the client had to wait for the bell."
    )
    assert order[-1] == f"ring for {names[0]}", (
        "The bell rang when the response had begun, and before its body was complete: the client "
        "had to wait for the bell."
    )


@needs("test_the_bell_rings")
@hints("A task that is a plain def runs in a thread. One that is an async def, on the loop.")
def test_the_loop_is_free(house, names, loop_probe):
    """The bell does not block the event loop."""
    response = house.post("/visitors", params={"name": names[0]})
    assert response.status_code == 202
    assert loop_probe.blocked == [], (
        "ring() was called on the event loop. While the bell rings, nobody else is served. Give "
        "ring itself to add_task(): FastAPI runs a plain def in a thread."
    )
