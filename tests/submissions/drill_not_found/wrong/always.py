# fails: test_a_word_that_is_there
# kind: wrong-status
# says: Line 16 raised the exception that became this 404
from fastapi import FastAPI, HTTPException

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
def read_word(word: str):
    for known, meaning in meanings.items():
        if known == word:
            return {"word": word, "meaning": meaning}
        else:
            raise HTTPException(404)
