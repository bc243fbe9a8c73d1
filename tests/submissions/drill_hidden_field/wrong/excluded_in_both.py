# fails: test_the_documentation
# kind: wrong-openapi
# says: /docs still promises one
from fastapi import FastAPI
from pydantic import BaseModel


class Account(BaseModel):
    name: str
    email: str
    password: str


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts", response_model_exclude={"__all__": {"password"}})
def list_accounts() -> list[Account]:
    return accounts


@app.get("/accounts/{place}", response_model_exclude={"password"})
def read_account(place: int) -> Account:
    return accounts[place]
