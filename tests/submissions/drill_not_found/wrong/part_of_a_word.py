# fails: test_a_word_that_is_not
# kind: wrong-status
# says: There is no word
from fastapi import FastAPI, HTTPException

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
def read_word(word: str):
    for known, meaning in meanings.items():
        if word in known:
            return {"word": word, "meaning": meaning}
    raise HTTPException(404, "No such word")
