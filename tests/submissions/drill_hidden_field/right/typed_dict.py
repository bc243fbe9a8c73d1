# A TypedDict for the answer, and a dataclass inside.
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Path
from typing_extensions import TypedDict


@dataclass
class Account:
    name: str
    email: str
    password: str


class Shown(TypedDict):
    name: str
    email: str


def show(account: Account) -> Shown:
    return {"name": account.name, "email": account.email}


app = FastAPI()
accounts = [
    Account(name="ada", email="ada@example.com", password="correct horse"),
    Account(name="alan", email="alan@example.com", password="enigma"),
]


@app.get("/accounts")
def list_accounts() -> list[Shown]:
    return [show(account) for account in accounts]


@app.get("/accounts/{place}")
def read_account(place: Annotated[int, Path(ge=0, le=1)]) -> Shown:
    return show(accounts[place])
