from course.harness import hints, one_app

pytestmark = one_app


@hints(
    "A header is a parameter with the marker Header().",
    "A name in Python has no hyphen. FastAPI looks for x-nickname when the parameter is x_nickname.",
    'x_nickname: Annotated[str, Header()] = "stranger"',
)
def test_the_header_is_read(api, rng):
    """GET /hello greets the X-Nickname of the request."""
    for header in ("X-Nickname", "x-nickname"):
        name = rng.choice(("Countess", "Amazing Grace of c", "r2")) + str(rng.randint(1, 99))
        response = api.get("/hello", headers={header: name})
        assert response.status_code == 200
        assert response.json() == {"hello": name}, (
            f"The request had the header {header}: {name}. A parameter without Header() is looked "
            "for in the query string, and one with another name in another header."
        )


@hints("A parameter with a default may be missing.")
def test_without_the_header(api):
    """GET /hello without the header greets a stranger."""
    response = api.get("/hello", params={"x_nickname": "query"}, headers={"nickname": "another"})
    assert response.status_code == 200
    assert response.json() == {"hello": "stranger"}, (
        "The request had no header X-Nickname, so it is the stranger who is greeted, whatever "
        "else was sent."
    )
