# A package of routers and a module for security; the app is made by a function.
from fastapi import FastAPI
from routers import accounts, goods


def create_app() -> FastAPI:
    app = FastAPI(title="Corner Shop API")
    app.include_router(accounts.router)
    app.include_router(goods.router)
    return app


app = create_app()
