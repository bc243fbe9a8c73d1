from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read_home() -> dict[str, str]:
    return {"page": "Home"}


@app.get("/about")
def read_about() -> dict[str, str]:
    return {"page": "About"}
