# A router, and a model for both answers.
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel


class Page(BaseModel):
    page: str


router = APIRouter()


@router.get("/")
async def home() -> Page:
    return Page(page="Home")


@router.get("/about")
async def about() -> Page:
    return Page(page="About")


app = FastAPI()
app.include_router(router)
