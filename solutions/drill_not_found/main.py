from fastapi import FastAPI, HTTPException

app = FastAPI()
meanings = {"grog": "rum with water", "tide": "the sea, coming and going"}


@app.get("/words/{word}")
def read_word(word: str) -> dict[str, str]:
    if word not in meanings:
        raise HTTPException(404, "No such word")
    return {"word": word, "meaning": meanings[word]}
