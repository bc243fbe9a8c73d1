import pytest

from course.harness import hints, one_app

pytestmark = one_app


@pytest.fixture
def topics(rng):
    return rng.sample(["mugs", "pans", "pots", "lamps", "knives"], 2)


@hints(
    "RedirectResponse answers 307, which means for now, unless status_code says otherwise.",
    'return RedirectResponse(f"/guide/{topic}", status_code=308)',
)
def test_the_old_address_redirects(api, topics):
    """GET /help/{topic} is 308, with the new address as its Location."""
    for topic, host in zip(topics, (api.base_url.netloc.decode(), "shop.example"), strict=True):
        response = api.get(f"/help/{topic}", headers={"Host": host}, follow_redirects=False)
        assert response.status_code == 308, (
            "The address has changed for ever: that is 308. 307 means for now, so a client asks "
            "the old address again each time. 200 leads nowhere."
        )
        path = f"/guide/{topic}"
        assert response.headers["location"] in (path, f"http://{host}{path}"), (
            "The header Location leads to another place than the same topic of the guide, on the "
            f"host that was asked, which is {host}. A path alone is right on every host."
        )


@hints("The new route stays as it is.")
def test_the_new_address_answers(api, topics):
    """GET /guide/{topic} answers the topic, whichever way one came."""
    for path in (f"/guide/{topics[0]}", f"/help/{topics[1]}"):
        response = api.get(path)
        assert response.status_code == 200
        assert response.json() == {"topic": path.rpartition("/")[2]}
