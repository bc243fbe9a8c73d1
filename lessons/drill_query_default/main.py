from fastapi import FastAPI

app = FastAPI()


# TODO: greet whoever gives a name in the query string, and a guest otherwise.
#   GET /greet?name=Ada  →  200  {"message": "Hello Ada"}
#   GET /greet           →  200  {"message": "Hello Guest"}
@app.get("/greet")
def greet():
    return {"message": "Hello"}
