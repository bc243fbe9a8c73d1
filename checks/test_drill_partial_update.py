import json

from course.harness import hints, needs

ADA = {"name": "Ada", "city": "London", "newsletter": True}


@hints(
    "A model for the changes, in which every field has a default.",
    "Pydantic knows which fields were sent: model_dump(exclude_unset=True).",
)
def test_what_was_sent_is_changed(api, rng):
    """PATCH /profile changes what was sent, and leaves the rest."""
    expected = dict(ADA)
    name = f"Ada {rng.randint(2, 99)}"
    changes = (
        {"newsletter": False},
        {"city": "", "name": name},
        {},
        {"newsletter": True},
        {"name": ""},
    )
    for change in changes:
        response = api.patch("/profile", json=change)
        assert response.status_code == 200
        expected |= change
        assert response.json() == expected, (
            f"The body was {json.dumps(change)}. What is in it is the new value, also when that is "
            "false or an empty string; what is not in it stays as it was."
        )
    response = api.get("/profile")
    assert response.status_code == 200
    assert response.json() == expected, "PATCH has answered the change, and not kept it."


@needs("test_what_was_sent_is_changed")
@hints("null was sent, so it is set. exclude_none drops it, exclude_unset does not.")
def test_null_is_a_value(api):
    """PATCH /profile with a null city clears the city."""
    response = api.patch("/profile", json={"city": None})
    assert response.status_code == 200
    assert response.json() == ADA | {"city": None}, (
        "null was sent for the city, so the city is to be cleared. That is something else than "
        "not sending it."
    )


@needs("test_what_was_sent_is_changed")
@hints(
    "A field may be left out when it has a default. That does not mean that it may be null.",
    'name: str = "": the default is never used, because exclude_unset drops it.',
)
def test_a_name_is_never_null(api):
    """PATCH /profile is 422 when name or newsletter is null, and changes nothing."""
    for field in ("name", "newsletter"):
        response = api.patch("/profile", json={"city": "Paris", field: None})
        assert response.status_code == 422, (
            f"A profile cannot be without {field}: it may be left out of a change, and not be "
            "null. So its type has no None in it."
        )
        response = api.get("/profile")
        assert response.json() == ADA, "A change that was refused has changed something."
