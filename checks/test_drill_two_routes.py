from course.harness import hints, one_app

pytestmark = one_app


@hints(
    'A function under @app.get("/") answers GET /. What it returns becomes JSON.',
    'return {"page": "Home"}',
)
def test_home(api):
    """GET / says Home."""
    response = api.get("/")
    assert response.status_code == 200
    assert response.json() == {"page": "Home"}


@hints("A second function, with a decorator of its own.", '@app.get("/about")')
def test_about(api):
    """GET /about says About."""
    response = api.get("/about")
    assert response.status_code == 200
    assert response.json() == {"page": "About"}


@hints("A path without braces fits itself and nothing else: declare two of those.")
def test_nothing_else(api, rng):
    """Any other path is 404."""
    for path in ("/Home", "/About", "/about/us", f"/{''.join(rng.choices('abcdefgh', k=6))}"):
        response = api.get(path)
        assert response.status_code == 404, (
            f"There is no page {path}, and a client must learn that. A route such as /{{page}} "
            "fits every path."
        )
