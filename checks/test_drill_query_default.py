from course.harness import hints, one_app

pytestmark = one_app


@hints(
    "A parameter that is not in the path is read from the query string.",
    "def greet(name: str)",
)
def test_name(api, rng):
    """GET /greet?name=Ada greets Ada."""
    for name in (rng.choice(("Ada", "Grace", "Linus")), " Zoë & co ", "42", "none", "O"):
        response = api.get("/greet", params={"name": name})
        assert response.status_code == 200
        assert response.json() == {"message": f"Hello {name}"}, (
            "The name is the value of name in the query string, as it was sent. FastAPI puts it "
            "into the parameter that has the same name."
        )


@hints(
    "A parameter with a default value may be left out.",
    'def greet(name: str = "Guest")',
)
def test_default(api):
    """GET /greet greets a guest."""
    api.get("/greet", params={"name": "Ada"})
    response = api.get("/greet")
    assert response.status_code == 200
    assert response.json() == {"message": "Hello Guest"}, (
        "Without a name in the query string, the guest is greeted: Hello Guest."
    )
