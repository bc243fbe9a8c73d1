import importlib
import json
import logging
import math
import threading
import time
from contextlib import contextmanager

import pytest

from course.harness import hints, needs, section, terminal_only

ORDER = {"features": [180, 1, 40, 9, 2, 6]}
SERVES = ("test_it_becomes_ready", "test_a_prediction")


@pytest.fixture
def model(app, monkeypatch):
    """The lesson's model.py, which takes no time here, with main.py imported and not started."""
    module = importlib.import_module("model")
    monkeypatch.setattr(module, "LOAD_SECONDS", 0)
    monkeypatch.setattr(module, "PREDICT_SECONDS", 0)
    return module


@pytest.fixture
def served(model, start):
    """The client of the app, when it is ready or has had the time for it."""

    @contextmanager
    def serve():
        with start() as api:
            until_ready(api)
            yield api

    return serve


@pytest.fixture
def other(rng):
    """Another model for model.json."""
    return {
        "version": f"other-{rng.randint(100, 999)}",
        "mean": [rng.uniform(100, 900) for _ in range(6)],
        "scale": [rng.uniform(100, 300) for _ in range(6)],
        "weights": [rng.uniform(-1, 1) for _ in range(6)],
        "bias": rng.uniform(-1, 1),
    }


@pytest.fixture
def quiet():
    """What the app logs of an error that was made on purpose is not shown."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def until_ready(api):
    """GET /health/ready until it says that, with a version, or a second is over."""
    end = time.monotonic() + 1
    while True:
        response = api.get("/health/ready")
        waiting = response.status_code == 503 or "null" in response.text
        if not waiting or time.monotonic() > end:
            return response
        time.sleep(0.01)


def chance(model, features):
    """The probability that a logistic regression gives to these features."""
    parts = zip(features, model["mean"], model["scale"], model["weights"], strict=True)
    return 1 / (1 + math.exp(-model["bias"] - sum(w * (x - m) / s for x, m, s, w in parts)))


def some_orders(model, rng):
    """Features for six orders, of which some come back and some do not."""
    orders = [[round(rng.uniform(0, most), 3) for most in (400, 6, 60, 14, 20, 8)]]
    while len(orders) < 5:
        features = [round(rng.uniform(0, 1000), rng.choice((0, 3))) for _ in range(6)]
        comes_back = chance(model, features) >= 0.5
        if comes_back == (len(orders) % 2 == 0):
            orders.append(features)
    return [*orders, [0] * 6]


@section("live-and-ready")
@hints("A function under @app.get that needs nothing, and always answers the same.")
def test_it_is_alive(served):
    """GET /health/live says that the app is alive."""
    with served() as api:
        response = api.get("/health/live")
        assert response.status_code == 200
        assert response.json() == {"status": "alive"}, (
            "Programs ask this, and the page says what they are told: the status is alive."
        )


@section("live-and-ready")
@hints(
    "Where is the model after it was loaded? The lifespan function and the endpoints must mean the "
    "same place, such as app.state.model.",
    "Model.load() blocks: await asyncio.to_thread(Model.load), in a task that lifespan makes.",
    "As long as there is no model: raise HTTPException(503). Then its version.",
)
def test_it_becomes_ready(model, start, folder):
    """GET /health/ready becomes 200, with the version of the model."""
    version = json.loads((folder / "model.json").read_text("utf-8"))["version"]
    with start() as api:
        response = until_ready(api)
        assert response.status_code == 200, (
            "The app was asked for a second, and there was nothing for it to wait for. Does "
            "something load the model, and is it found by the function that answers this?"
        )
        assert response.json() == {"status": "ready", "model_version": version}


@section("versions")
@needs("test_it_becomes_ready")
@hints(
    "model.predict(features) returns a pair: the label, and the probability.",
    'return {"label": label, "probability": probability, "model_version": model.version}',
)
def test_a_prediction(served, folder, rng):
    """POST /predict answers label, probability and version, as the model says."""
    shipped = json.loads((folder / "model.json").read_text("utf-8"))
    with served() as api:
        for features in some_orders(shipped, rng):
            response = api.post("/predict", json={"features": features})
            assert response.status_code == 200
            look_at(response, shipped, features)


def look_at(response, model, features):
    """Is the answer what the model says of these features?"""
    expected, told = chance(model, features), response.json().get("probability", "nothing")
    assert type(told) is float, "The probability is a number from 0 to 1."
    assert abs(told - expected) <= 1e-6, (
        f"The model says {expected:.9f}, and the answer {told:.9f}: they may differ by a "
        "millionth. The probability is that of a return, whatever the label is, and not rounded."
    )
    assert response.json() == {
        "label": "returned" if expected >= 0.5 else "kept",
        "probability": told,
        "model_version": model["version"],
    }


@section("load-it-once")
@needs(*SERVES)
@hints(
    "Not at the top of the file, and not in an endpoint: in what lifespan starts.",
    "One call of Model.load() in the whole file. The endpoints use what it has returned.",
)
def test_loaded_once(model, start):
    """The model is loaded once for each start of the app, and before anybody asks for it."""
    assert model.Model.loads == 0, (
        "Importing main.py has loaded the model. A test, or a tool that only wants to look at the "
        "app, pays for it too. Load it when the app starts."
    )
    for number in (1, 2):
        with start() as api:
            end = time.monotonic() + 0.5
            while model.Model.loads < number and time.monotonic() < end:
                api.get("/health/live")
            assert model.Model.loads == number, (
                f"After start number {number}, Model.load() was called {model.Model.loads} times "
                "in all. It is called once for each start, and does not wait for a request."
            )
            until_ready(api)
            for _ in "123":
                response = api.post("/predict", json=ORDER)
                assert response.status_code == 200
        assert model.Model.loads == number, (
            f"After three predictions, Model.load() was called {model.Model.loads} times. Loading "
            "is slow, and takes as much memory again. Keep what the start has loaded."
        )


@section("versions")
@needs("test_a_prediction")
@hints("The version belongs to the model: model.version. So does everything else it knows.")
def test_another_model(model, start, folder, other, rng):
    """What is in model.json when the app starts is what answers."""
    features = [rng.randint(0, 1000) for _ in range(6)]
    with start() as api:
        until_ready(api)
        response = api.post("/predict", json={"features": features})
        assert response.status_code == 200
    (folder / "model.json").write_text(json.dumps(other), "utf-8")
    with start() as api:
        response = until_ready(api)
        assert response.json() == {"status": "ready", "model_version": other["version"]}, (
            "Before the start, the check put another model into model.json. Its version is not "
            "what the app tells: is it written down, or kept from before?"
        )
        response = api.post("/predict", json={"features": features})
        assert response.status_code == 200
        look_at(response, other, features)


@section("numbers-that-are-none")
@needs(*SERVES)
@hints(
    "A list can have a shortest and a longest length.",
    "features: Annotated[list[Feature], Field(min_length=6, max_length=6)]",
)
def test_six_features(served):
    """POST /predict is 422 for anything but six features."""
    with served() as api:
        for features in ([], [1] * 5, [1] * 7, [1] * 1000, None, "123456", ["x"] * 6):
            response = api.post("/predict", json={"features": features})
            assert response.status_code == 422, (
                "The model was trained on six numbers. Anything else is refused before it gets "
                "that far."
            )
        response = api.post("/predict", json={})
        assert response.status_code == 422


@section("numbers-that-are-none")
@needs("test_six_features")
@hints(
    "The bounds belong to each number, not to the list.",
    "Feature = Annotated[float, Field(ge=0, le=1000)]",
)
def test_bounded_features(served, rng):
    """POST /predict is 422 when a feature is not from 0 to 1000."""
    with served() as api:
        for good in (0, 1000):
            response = api.post("/predict", json={"features": [good] * 6})
            assert response.status_code == 200
        for bad in (-0.001, 1000.001, 1e300):
            features = [1] * 6
            features[rng.randrange(6)] = bad
            response = api.post("/predict", json={"features": features})
            assert response.status_code == 422, (
                f"One of the features is {bad}. Far outside of what it has seen, a model still "
                "answers, and what it says means nothing."
            )


@section("numbers-that-are-none")
@needs("test_six_features")
@hints(
    "The bounds refuse NaN. But FastAPI shows the input in its 422, and NaN cannot be written as "
    "JSON: that is the 500.",
    "@app.exception_handler(RequestValidationError) makes the 422 of your own.",
    'JSONResponse({"detail": [{"loc": e["loc"], "msg": e["msg"]} for e in error.errors()]}, 422)',
)
def test_finite_features(served):
    """POST /predict is 422 for NaN and Infinity, and the answer is JSON."""
    with served() as api:
        for bad in ("NaN", "Infinity", "-Infinity", "1e999"):
            for features in (f"[{bad}, 1, 40, 9, 2, 6]", f"[180, 1, 40, 9, 2, {bad}]"):
                response = api.post(
                    "/predict",
                    content=f'{{"features": {features}}}',
                    headers={"Content-Type": "application/json"},
                )
                assert response.status_code == 422, (
                    f"One of the features is {bad}, which Python's JSON reads as a float. It must "
                    "be refused, and the answer must not show it: it cannot be written as JSON."
                )
                assert is_readable(response) is True, (
                    f"The answer shows {bad} as a number. That is no JSON, and many clients cannot "
                    "read it."
                )


def is_readable(response):
    """Whether JSON, if that is what it says it is, is JSON for everybody."""
    if "json" not in response.headers.get("content-type", ""):
        return True
    odd = []
    json.loads(response.text, parse_constant=odd.append)
    return not odd


@section("not-on-the-loop")
@needs(*SERVES)
@hints(
    "Is the function that predicts an async def? Then predict() runs on the event loop.",
    "def predict(…) runs in a thread. In an async def: await asyncio.to_thread(model.predict, …).",
    "The same for Model.load(): lifespan is an async def.",
)
def test_nothing_blocks_the_loop(model, start, monkeypatch, loop_probe):
    """Neither load() nor predict() blocks the event loop."""
    kind = model.Model
    load = loop_probe.watch(kind.load)
    monkeypatch.setattr(kind, "load", staticmethod(load))
    monkeypatch.setattr(kind, "predict", loop_probe.watch(kind.predict))
    with start() as api:
        until_ready(api)
        response = api.post("/predict", json=ORDER)
        assert response.status_code == 200
    blocked = "() and ".join(sorted(set(loop_probe.blocked)))
    assert blocked == "", (
        f"{blocked}() was called on the event loop. Until it returns, the app answers nobody, not "
        "even whoever asks whether it is alive. Put it into a thread."
    )


@terminal_only("a model that takes its time needs a thread")
@section("live-and-ready")
@needs("test_nothing_blocks_the_loop")
@hints(
    "What stands before the yield of lifespan is awaited before the first request is answered.",
    "asyncio.create_task() starts the loading, and goes on at once. Keep the task in a variable.",
    'No model, no prediction: HTTPException(503, …, headers={"Retry-After": "1"})',
)
def test_alive_before_it_is_ready(model, start, monkeypatch):
    """While the model is loaded, the app is alive, not ready, and does not predict."""
    kind, go_on, loaded = model.Model, threading.Event(), []
    load = kind.load

    def slow():
        loaded.clear()
        go_on.wait(0.7)
        loaded.append(load())
        return loaded[0]

    monkeypatch.setattr(kind, "load", staticmethod(slow))
    try:
        for _ in "12":
            go_on.clear()
            with start() as api:
                response = api.get("/health/live")
                assert response.status_code == 200, (
                    "The app is alive, whether there is a model or not. Whoever reads anything "
                    "else here kills it, and starts it again: it would never come to a model."
                )
                response = api.get("/health/ready")
                assert response.status_code == 503, (
                    "The app answered nobody until the model was loaded. It must be alive at "
                    "once, and say so, while the model is loaded beside it."
                    if loaded
                    else "The model was still being loaded, and the app said that it is ready. "
                    "Whoever sends it orders now gets errors."
                )
                response = api.post("/predict", json=ORDER)
                assert response.status_code == 503, "There is no model yet that could predict."
                look_at_refusal(response)
                go_on.set()
                response = until_ready(api)
                assert response.status_code == 200
                response = api.post("/predict", json=ORDER)
                assert response.status_code == 200
    finally:
        go_on.set()


def look_at_refusal(response):
    """Does a 503 say when to come again?"""
    says = (
        "A 503 of POST /predict says in Retry-After after how many seconds the client may try "
        "again: a whole number from 1, as text."
    )
    assert response.headers["retry-after"] != "0", says
    assert response.headers["retry-after"].isdigit() is True, says


@section("when-it-cannot-be-loaded")
@needs("test_nothing_blocks_the_loop")
@hints(
    "What an exception in the task does depends on who waits for the task.",
    "try: … = await asyncio.to_thread(Model.load), and except Exception: log.exception(…)",
)
def test_a_broken_model(model, start, folder, quiet):
    """With a model.json that cannot be read, the app lives, is never ready, and stops in peace."""
    for number, broken in enumerate(("{", "{}", "the file is missing"), start=1):
        if broken == "the file is missing":
            (folder / "model.json").unlink()
        else:
            (folder / "model.json").write_text(broken, "utf-8")
        with start() as api:
            for _ in "123":
                response = api.get("/health/live")
                assert response.status_code == 200
                response = api.get("/health/ready")
                assert response.status_code == 503, (
                    f"model.json is broken: {broken}. There is no model, so the app is not ready."
                )
                time.sleep(0.01)
            response = api.post("/predict", json=ORDER)
            assert response.status_code == 503, (
                "model.json is broken, and there is nothing that could predict. That is a 503: "
                "the order was right, and the service is not."
            )
            look_at_refusal(response)
        assert model.Model.loads == number, (
            f"After start number {number}, Model.load() was called {model.Model.loads} times in "
            "all. What is broken stays broken: it is tried once for each start."
        )


@terminal_only("two predictions at once need threads")
@section("two-at-once")
@needs("test_nothing_blocks_the_loop")
@hints(
    "threading.BoundedSemaphore(2) has two slots. acquire(blocking=False) says whether one was free.",
    'Without a free one: raise HTTPException(503, …, headers={"Retry-After": "1"}).',
    "Take a slot around predict() only, and give it back in a finally.",
)
def test_two_at_once(model, served, monkeypatch):
    """Two predictions run at once; whoever comes meanwhile is 503, with Retry-After."""
    predict = model.Model.predict

    with served() as api:
        most, responses = five_at_once(api, model.Model, predict, monkeypatch)
        statuses = sorted(response.status_code for response in responses)
        assert most == 2, (
            f"Five requests came at once, and of their predictions {most} ran at the same "
            "time. Two may, so that each of them has a processor."
        )
        assert statuses == [200, 200, 503, 503, 503], (
            "Five requests came at once. Two are predicted, and the other three are 503 at once: "
            "they do not wait for the first two."
        )
        for refused in responses:
            if refused.status_code == 503:
                look_at_refusal(refused)


def five_at_once(api, kind, predict, monkeypatch):
    """How many of the predictions of five requests ran at once, at most, and the responses."""
    go_on, begun, ended, left = threading.Event(), [], [], []

    def slow(self, features):
        begun.append(len(begun) - len(ended) + 1)
        look_whether_all_are_in()
        go_on.wait(1)
        ended.append(features)
        return predict(self, features)

    def look():
        left.append("response")
        look_whether_all_are_in()

    def look_whether_all_are_in():
        if len(begun) >= 2 and len(left) >= 3:
            go_on.set()

    with monkeypatch.context() as patch:
        patch.setattr(kind, "predict", slow)
        five = [api.build_request("POST", "/predict", json=ORDER) for _ in range(5)]
        with api.at("http.response.start", look):
            responses = api.together(five)
    return max(begun, default=0), responses


def fail_times(number, api, kind, monkeypatch, body=ORDER):
    """So many requests, whose predictions raise."""

    def fail(self, features):
        raise ArithmeticError("the prediction failed")

    with monkeypatch.context() as patch:
        patch.setattr(kind, "predict", fail)
        for _ in range(number):
            api.post("/predict", json=body)


@section("two-at-once")
@needs("test_nothing_blocks_the_loop")
@hints("What gives the slot back when predict() raises? A finally, or a with.")
def test_a_slot_is_given_back(model, served, monkeypatch):
    """After predictions that fail, and requests that are refused, there is room again."""
    kind = model.Model

    with served() as api:
        for how, body in (("fail", ORDER), ("are refused with 422", {"features": [1]})):
            fail_times(3, api, kind, monkeypatch, body)
            for _ in "123":
                response = api.post("/predict", json=ORDER)
                assert response.status_code == 200, (
                    f"Three requests that {how} came before. None of them runs any more, and this "
                    "one finds no room: each has kept its slot."
                )


@terminal_only("two predictions at once need threads")
@section("two-at-once")
@needs("test_two_at_once", "test_a_slot_is_given_back")
@hints(
    "Each request that has taken a slot gives it back once. What runs after an exception, and "
    "what runs after it again?",
    "One release() in the whole file, in a finally, behind an acquire() that has worked.",
)
def test_two_at_once_after_failures(model, served, monkeypatch):
    """After predictions that fail, two predictions run at once, no less and no more."""
    kind = model.Model
    predict = kind.predict

    with served() as api:
        for failures in (1, 2):
            fail_times(failures, api, kind, monkeypatch)
            most, _ = five_at_once(api, kind, predict, monkeypatch)
            assert most == 2, (
                f"First, predictions have failed. Then five requests came at once, and {most} of "
                "their predictions ran at the same time. It must be two again: a prediction that "
                "fails gives its slot back once."
            )
