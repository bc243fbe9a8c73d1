from course.harness import hints, needs, one_app

pytestmark = one_app


@hints(
    "A field of a form is a parameter with the marker Form().",
    "title: Annotated[str, Form()]",
)
def test_the_form_is_read(api, rng):
    """POST /notes reads title and text from a form."""
    for title, text in (
        ("Milk", "Two bottles"),
        (" Zoë & co ", " " + "ü" * rng.randint(2, 40) + " "),
    ):
        response = api.post("/notes", data={"title": title, "text": text})
        assert response.status_code == 200
        assert response.json() == {"title": title, "characters": len(text)}, (
            f"The answer has the title as it was sent, and {len(text)} as the number of "
            "characters in the text: blanks count, and letters of all languages count as one."
        )


@needs("test_the_form_is_read")
@hints("Form() takes the same rules as Query() and Field().", "Form(max_length=40)")
def test_a_bad_form_is_422(api):
    """POST /notes is 422 when a field is missing, or the title is too long."""
    response = api.post("/notes", data={"title": "t" * 40, "text": "x"})
    assert response.status_code == 200
    for form in ({"title": "t" * 41, "text": "x"}, {"title": "Milk"}, {"text": "Two bottles"}):
        response = api.post("/notes", data=form)
        assert response.status_code == 422, (
            "A note needs a title of at most 40 characters, and a text. Rules for the fields "
            "stand in Form()."
        )
