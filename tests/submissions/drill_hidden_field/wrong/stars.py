# fails: test_one_account
# kind: wrong-body
# says: and nothing else
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr


class Account(BaseModel):
    name: str
    email: str
    password: SecretStr


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts")
def list_accounts():
    return accounts


@app.get("/accounts/{place}")
def read_account(place: int):
    return accounts[place]
