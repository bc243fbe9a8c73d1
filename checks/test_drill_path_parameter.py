from course.harness import hints, needs, one_app

pytestmark = one_app


@hints(
    "A part of the path in braces arrives in the parameter of the same name.",
    '@app.get("/square/{number}"), and def read_square(number: int)',
)
def test_square(api, rng):
    """GET /square/{number} answers the square of a whole number."""
    for number in (rng.randint(13, 9999), 0, 1, -rng.randint(2, 99), 123456789):
        response = api.get(f"/square/{number}")
        assert response.status_code == 200
        assert response.json() == {"square": number * number}, (
            f"The answer is {number} times itself, to the last digit, and nothing else. Floats "
            "are not exact for large numbers, whole numbers are."
        )
        assert type(response.json()["square"]) is int, (
            "The square of a whole number is a whole number, 144 and not 144.0."
        )


@needs("test_square")
@hints("The type in the signature decides what fits.", "number: int")
def test_text(api):
    """GET /square/{number} is 422 for anything else."""
    for wrong in ("two", "1.5", "0x10", "1e3"):
        response = api.get(f"/square/{wrong}")
        assert response.status_code == 422, (
            f"{wrong} is no whole number. With int in the signature, FastAPI answers 422 before "
            "the function runs."
        )
