# One model, in which the password is excluded: it is neither shown nor documented.
from fastapi import FastAPI
from pydantic import BaseModel, Field


class Account(BaseModel):
    name: str
    email: str
    password: str = Field(exclude=True)


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts")
def list_accounts() -> list[Account]:
    return accounts


@app.get("/accounts/{place}")
def read_account(place: int) -> Account:
    return accounts[place]
