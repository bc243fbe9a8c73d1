from course.harness import hints, one_app

pytestmark = one_app

MEANINGS = {"grog": "rum with water", "tide": "the sea, coming and going"}


@hints('The dict has it: return {"word": word, "meaning": meanings[word]}.')
def test_a_word_that_is_there(api):
    """GET /words/{word} answers the word with its meaning."""
    for word, meaning in MEANINGS.items():
        response = api.get(f"/words/{word}")
        assert response.status_code == 200
        assert response.json() == {"word": word, "meaning": meaning}


@hints(
    "A function that returns answers 200. To answer something else, raise.",
    'raise HTTPException(404, "No such word")',
)
def test_a_word_that_is_not(api, rng):
    """GET /words/{word} is 404 for a word that is not there."""
    for word in ("gravy", "Grog", "gro", "grogs", "".join(rng.choices("abcdefgh", k=7))):
        response = api.get(f"/words/{word}")
        assert response.status_code == 404, (
            f"There is no word {word}. Clients look at the status: 404 tells them, and 200 says "
            "that all is well."
        )
