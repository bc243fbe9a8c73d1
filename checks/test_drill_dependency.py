import importlib

import pytest

from course.harness import hints, needs, one_app

pytestmark = one_app


@pytest.fixture
def put(api, override):
    """Other settings, in the place of those that get_settings gives."""
    make = importlib.import_module("settings").Settings
    return lambda currency, vat: override("get_settings", lambda: make(currency, vat))


@hints(
    "FastAPI calls a dependency for you. A test can replace it there, and not where you call it.",
    "def read_currency(settings: Annotated[Settings, Depends(get_settings)])",
)
def test_currency(api, put, rng):
    """GET /currency answers the currency of the settings."""
    for currency in rng.sample(["EUR", "SEK", "CHF", "PLN"], 3):
        put(currency, 20)
        response = api.get("/currency")
        assert response.status_code == 200
        assert response.json() == {"currency": currency}, (
            f"The check has replaced the dependency get_settings: the currency is {currency}. "
            "The answer knows nothing of it, so it does not come through Depends(get_settings)."
        )


@needs("test_currency")
@hints("The same dependency once more.", "net + net * settings.vat_percent // 100")
def test_price(api, put, rng):
    """GET /prices/{net} adds the VAT of the settings."""
    # Of the second one, floats make 770.0000000000001.
    for vat, net in ((20, 100), (10, 700), (rng.randint(5, 19), 0), (0, 0)):
        put("EUR", vat)
        net = net or 100 * rng.randint(1, 999)
        response = api.get(f"/prices/{net}")
        assert response.status_code == 200
        assert response.json() == {"net": net, "gross": net + net * vat // 100}, (
            f"The check has replaced the dependency get_settings: the VAT is {vat} percent. It is "
            "added to the net price, exactly, and comes through Depends(get_settings) here, too."
        )
