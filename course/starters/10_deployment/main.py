from fastapi import FastAPI
from pydantic_settings import BaseSettings
from shop import router


# TODO 1: without a SECRET_KEY of at least 32 characters in the environment, the app does not start.
class Settings(BaseSettings):
    secret_key: str = "changeme"


settings = Settings()

app = FastAPI(title="Corner Shop API")
app.include_router(router)


# TODO 2: the process runs. It does not ask the database.
#   GET /health/live  ->  200 {"status": "live"}


# TODO 3: the app can do its work: database.ping() does not raise.
#   GET /health/ready  ->  200 {"status": "ready"}
#   GET /health/ready  ->  503, while the database is gone
