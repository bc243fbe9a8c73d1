# fails: test_a_word_that_is_not
# kind: server-error
# says: KeyError
from fastapi import FastAPI

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
def read_word(word: str):
    return {"word": word, "meaning": meanings[word]}
