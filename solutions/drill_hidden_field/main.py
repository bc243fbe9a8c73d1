from fastapi import FastAPI
from pydantic import BaseModel


class PublicAccount(BaseModel):
    name: str
    email: str


class Account(PublicAccount):
    password: str


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts")
def list_accounts() -> list[PublicAccount]:
    return list(accounts)


@app.get("/accounts/{place}")
def read_account(place: int) -> PublicAccount:
    return accounts[place]
