from course.harness import hints, one_app

pytestmark = one_app

SHOWN = [
    {"name": "ada", "email": "ada@example.com"},
    {"name": "alan", "email": "alan@example.com"},
]


@hints(
    "A second model, without the password, as the type of the answer.",
    "def read_account(place: int) -> PublicAccount",
)
def test_one_account(api):
    """GET /accounts/{place} shows an account without its password."""
    for place, account in enumerate(SHOWN):
        response = api.get(f"/accounts/{place}")
        assert response.status_code == 200
        assert response.json() == account, (
            "An account is answered with its name and its email, and nothing else. FastAPI "
            "leaves out what the model of the answer does not have."
        )


@hints("The same for a list: list[PublicAccount].")
def test_all_accounts(api):
    """GET /accounts shows all accounts without their passwords."""
    response = api.get("/accounts")
    assert response.status_code == 200
    assert response.json() == SHOWN, (
        "Each account in the list is a name and an email, and nothing else."
    )


@hints("What response_model or the return type does not have, OpenAPI does not show.")
def test_the_documentation(api):
    """GET /openapi.json knows of no password."""
    response = api.get("/openapi.json")
    assert response.status_code == 200
    assert "password" not in response.text, (
        "The password is left out of the answers, and /docs still promises one: the model of the "
        "answer has it. Give the answers a model without it."
    )
    assert "email" in response.text, (
        "The documentation does not say what an account looks like: the answers have no model."
    )
