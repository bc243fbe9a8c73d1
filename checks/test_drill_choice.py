from course.harness import hints, needs, one_app

pytestmark = one_app

MILLILITRES = {"small": 200, "medium": 300, "large": 400}


@hints(
    "A type can name the values that are allowed: Literal, or a StrEnum.",
    'size: Literal["small", "medium", "large"]',
)
def test_a_size(api):
    """GET /sizes/{size} answers how much goes into it."""
    for size, ml in MILLILITRES.items():
        response = api.get(f"/sizes/{size}")
        assert response.status_code == 200
        assert response.json() == {"size": size, "ml": ml}


@needs("test_a_size")
@hints("With str as its type, every text is a size.")
def test_no_size(api):
    """GET /sizes/{size} is 422 for any other text."""
    for wrong in ("huge", "Small", "mall", "size.small", "smaller", "200"):
        response = api.get(f"/sizes/{wrong}")
        assert response.status_code == 422, (
            f"There is no size {wrong}. A type that names the three sizes makes FastAPI answer "
            "422 by itself."
        )


@needs("test_no_size")
@hints(
    "Only a type is seen there: the documentation cannot know what the function checks by itself."
)
def test_the_documentation(api):
    """GET /openapi.json names the three sizes."""
    response = api.get("/openapi.json")
    assert response.status_code == 200
    named = [size for size in MILLILITRES if f'"{size}"' in response.text]
    assert named == list(MILLILITRES), (
        "The documentation does not name all three sizes, so /docs cannot offer them. A type that "
        "names the values is in the documentation; a check inside the function is not."
    )
