# fails: test_all_accounts
# kind: wrong-body
# says: a name and an email, and nothing else
from fastapi import FastAPI
from pydantic import BaseModel


class Public(BaseModel):
    name: str
    email: str


class Account(Public):
    password: str


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts")
def list_accounts():
    return accounts


@app.get("/accounts/{place}", response_model=Public)
def read_account(place: int):
    return accounts[place]
