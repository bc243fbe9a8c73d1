from fastapi import FastAPI

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


# TODO: a word that is not there is 404.
#   GET /words/grog   →  200  {"word": "grog", "meaning": "rum with water"}
#   GET /words/gravy  →  404
@app.get("/words/{word}")
def read_word(word: str):
    return {"word": word, "meaning": meanings.get(word)}
