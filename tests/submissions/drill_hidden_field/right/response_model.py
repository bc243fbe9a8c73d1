# response_model, and a model that inherits nothing.
from fastapi import FastAPI
from pydantic import BaseModel


class Account(BaseModel):
    name: str
    email: str
    password: str


class Shown(BaseModel):
    email: str
    name: str


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts", response_model=list[Shown])
async def list_accounts():
    return accounts


@app.get("/accounts/{place}", response_model=Shown)
async def read_account(place: int):
    return accounts[place]
