# A store class behind a dependency, its own exceptions, and handlers that turn them into 409 and 404.
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, EmailStr, Field, SecretStr, StringConstraints


class EmailTaken(Exception):
    pass


class NotFound(Exception):
    pass


class UserCreate(BaseModel, extra="forbid"):
    email: EmailStr
    password: Annotated[SecretStr, Field(min_length=8, max_length=128)]
    full_name: Annotated[str | None, StringConstraints(max_length=80)] = None


class UserRead(BaseModel, from_attributes=True):
    id: int
    email: str
    full_name: str | None
    created_at: datetime


class ProductCreate(BaseModel, extra="forbid"):
    sku: Annotated[str, StringConstraints(pattern=r"\A[A-Z]{3}-[0-9]{4}\z")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    category: Literal["garden", "kitchen", "office"]
    price_cents: int = Field(ge=1, le=10_000_000)
    tags: list[str] = Field([], max_length=10)
    description: str | None = Field(None, max_length=500)


class ProductRead(BaseModel):
    id: int
    price: str
    sku: str
    name: str
    category: str
    price_cents: int
    tags: list[str]
    description: str | None


class Account:
    """Not a model: an ordinary object with more attributes than the answer shows."""

    def __init__(self, id: int, new: UserCreate):
        self.id = id
        self.email = str(new.email)
        self.full_name = new.full_name
        self.created_at = datetime.now(UTC)
        self.password = new.password.get_secret_value()


class Store:
    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.products = 0

    def sign_up(self, new: UserCreate) -> Account:
        if new.email.lower() in [account.email.lower() for account in self.accounts]:
            raise EmailTaken
        account = Account(len(self.accounts) + 1, new)
        self.accounts.append(account)
        return account

    def account(self, id: int) -> Account:
        if not 1 <= id <= len(self.accounts):
            raise NotFound
        return self.accounts[id - 1]

    def add(self, new: ProductCreate) -> ProductRead:
        self.products += 1
        euros, cents = divmod(new.price_cents, 100)
        return ProductRead(id=self.products, price=f"{euros}.{cents:0>2}", **new.model_dump())


store = Store()


def get_store() -> Store:
    return store


StoreDep = Annotated[Store, Depends(get_store)]
app = FastAPI()


@app.exception_handler(EmailTaken)
def email_taken(request: Request, error: EmailTaken) -> JSONResponse:
    return JSONResponse({"error": "email taken"}, status_code=409)


@app.exception_handler(NotFound)
def not_found(request: Request, error: NotFound) -> JSONResponse:
    return JSONResponse({"error": "not found"}, status_code=404)


@app.post("/users", status_code=201, response_model=UserRead)
def create_user(new: UserCreate, store: StoreDep) -> Account:
    return store.sign_up(new)


@app.get("/users/{id}", response_model=UserRead)
def read_user(id: int, store: StoreDep) -> Account:
    return store.account(id)


@app.post("/products", status_code=201)
def create_product(new: ProductCreate, store: StoreDep) -> ProductRead:
    return store.add(new)
