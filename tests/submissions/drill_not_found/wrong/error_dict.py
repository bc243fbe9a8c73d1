# fails: test_a_word_that_is_not
# kind: error-with-200
# says: 200
from fastapi import FastAPI

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
def read_word(word: str):
    if word in meanings:
        return {"word": word, "meaning": meanings[word]}
    return {"error": "No such word"}
