from fastapi import APIRouter

from ..routers import login

router = APIRouter()
versions = APIRouter(prefix="/api")
router.include_router(login.router)
router.include_router(versions)


@router.get("/health")
def health():
    return {"status": "ok"}


def fill():
    """Import the versions only here: they import this package."""
    from . import v1, v2

    versions.include_router(v1.router, prefix="/v1", deprecated=True, dependencies=v1.HEADERS)
    versions.include_router(v2.router, prefix="/v2")
