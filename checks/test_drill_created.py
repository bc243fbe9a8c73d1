from course.harness import hints, needs, one_app

pytestmark = one_app


@hints(
    "A parameter whose type is a Pydantic model is read from the JSON body.",
    "The status of a success stands in the decorator.",
    '@app.post("/messages", status_code=201)',
)
def test_a_message_is_created(api, rng):
    """POST /messages is 201, with the message and its id."""
    ids, twice = [], f" Message {rng.randint(100, 999)} "
    for text in (twice, "x", "y" * 100, twice):
        response = api.post("/messages", json={"text": text})
        assert response.status_code == 201
        ids.append(response.json()["id"])
        assert response.json() == {"id": ids[-1], "text": text}, (
            "The answer has the text as it was sent, with all its blanks, and the id."
        )
        assert type(response.json()["id"]) is int, "The id is a whole number."
    response = api.post("/messages", json={"text": "ü" * 100})
    assert response.status_code == 201, (
        "A text of 100 characters is allowed. A letter is one of them in every language, however "
        "many bytes it takes."
    )
    assert len(set(ids)) == len(ids), "Two messages have the same id. Each one needs its own."


@needs("test_a_message_is_created")
@hints(
    "Which of the two lengths lets too much in? Both bounds belong to the field.",
    "text: Annotated[str, Field(min_length=1, max_length=100)]",
)
def test_a_bad_body_is_422(api):
    """POST /messages is 422 for a body that is no message."""
    for wrong in ({}, {"text": ""}, {"text": "x" * 101}, {"text": 5}, {"text": None}, ["text"]):
        response = api.post("/messages", json=wrong)
        assert response.status_code == 422, (
            "A message has a text of 1 to 100 characters. A model that says so makes FastAPI "
            "answer 422 to everything else."
        )
