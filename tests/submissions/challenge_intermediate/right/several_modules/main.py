# Divided into modules: security, schemas, and a package of routers.
from fastapi import FastAPI
from routers import accounts, diary

app = FastAPI(title="Members only")
app.include_router(accounts.router)
app.include_router(accounts.admins)
app.include_router(diary.router)
