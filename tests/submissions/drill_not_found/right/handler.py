# An exception handler makes a 404 of KeyError.
from fastapi import FastAPI, Request, Response

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.exception_handler(KeyError)
def not_found(request: Request, error: KeyError):
    return Response(status_code=404)


@app.get("/words/{word}")
def read_word(word: str):
    return {"word": word, "meaning": meanings[word]}
