# A response with the status, instead of an exception.
from fastapi import FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
async def read_word(word: str):
    meaning = meanings.get(word)
    if meaning is None:
        return JSONResponse({"error": "unknown"}, status_code=404)
    return {"word": word, "meaning": meaning}
