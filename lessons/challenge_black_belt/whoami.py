"""Provided: which replica has answered, and for whom it holds the caller. Nothing to change here."""

import os
import socket

from fastapi import APIRouter, Request
from pydantic import BaseModel

router = APIRouter()


class Caller(BaseModel):
    instance: str
    client: str
    scheme: str
    url: str


@router.get("/whoami")
def whoami(request: Request) -> Caller:
    """In Docker, the host's name is the container's id."""
    return Caller(
        instance=os.environ.get("INSTANCE") or socket.gethostname(),
        client=request.client.host if request.client else "",
        scheme=request.url.scheme,
        url=str(request.url_for("whoami")),
    )
