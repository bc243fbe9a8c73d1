from fastapi import FastAPI

app = FastAPI()


@app.get("/greet")
def greet(name: str = "Guest") -> dict[str, str]:
    return {"message": f"Hello {name}"}
