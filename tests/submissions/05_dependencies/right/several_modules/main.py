# The dependencies in a module of their own, the routes in another, names imported into main.py.
from deps import get_now, get_repo, get_settings, require_api_key
from fastapi import FastAPI
from routes import router

app = FastAPI(title="Corner Shop API")
app.include_router(router)

__all__ = ["app", "get_now", "get_repo", "get_settings", "require_api_key"]
