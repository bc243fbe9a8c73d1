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


# TODO: answer the accounts without their passwords.
#   GET /accounts    →  200  [{"name": "ada", "email": "ada@example.com"}, …]
#   GET /accounts/0  →  200  {"name": "ada", "email": "ada@example.com"}
@app.get("/accounts")
def list_accounts():
    return accounts


@app.get("/accounts/{place}")
def read_account(place: int):
    return accounts[place]
