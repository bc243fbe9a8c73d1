# fails: test_the_documentation
# kind: wrong-openapi
# says: the answers have no model
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


@app.get("/accounts")
def list_accounts():
    return [account.model_dump(exclude={"password"}) for account in accounts]


@app.get("/accounts/{place}")
def read_account(place: int):
    return accounts[place].model_dump(exclude={"password"})
