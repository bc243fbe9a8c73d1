# fails: test_a_word_that_is_not
# kind: returned-exception
# says: raised
from fastapi import FastAPI, HTTPException

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
def read_word(word: str):
    if word not in meanings:
        return HTTPException(status_code=404, detail="No such word")
    return {"word": word, "meaning": meanings[word]}
