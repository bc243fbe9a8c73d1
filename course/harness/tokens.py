"""Writes and reads JWTs as an attacker would: with the standard library, and without any rule."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def pack(data: Any) -> str:
    """Base64 for addresses and without padding, of bytes or of the JSON of anything else."""
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpack(text: str) -> bytes:
    """Base64 of either alphabet, with or without its padding."""
    text = text.replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def opened(token: str) -> tuple[Any, Any]:
    """The header and the claims, which everybody can read. ValueError when it is no JWT."""
    header, payload, _ = token.split(".")
    return json.loads(unpack(header)), json.loads(unpack(payload))


def signed(header: Any, payload: Any, key: str, digest: str = "sha256") -> str:
    """A token with this header and these claims, whatever they say."""
    start = f"{pack(header)}.{pack(payload)}"
    return f"{start}.{signature(start, key, digest)}"


def signature(start: str, key: str, digest: str = "sha256") -> str:
    """What stands behind the last dot."""
    return pack(hmac.digest(key.encode(), start.encode(), digest))


def changed(claims: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The claims with the new ones in their place. One that is `...` is left out."""
    return {name: value for name, value in (claims | new).items() if value is not ...}


def forged(token: str, key: str, digest: str = "sha256", **claims: Any) -> str:
    """The token with other claims, signed again with `key`."""
    header, payload = opened(token)
    return signed(header, changed(payload, claims), key, digest)
