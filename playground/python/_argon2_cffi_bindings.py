"""Stands in for the C library of Argon2, which Pyodide does not have: quick, and no protection.

It has what argon2-cffi's low_level.py uses. The hashes that it makes have the right form only. One
that it has not made is computed as it should be, in JavaScript, which takes a second.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import Any

FAMILIES = {0: "argon2d", 1: "argon2i", 2: "argon2id"}
FORM = re.compile(r"(\$argon2\w+\$v=\d+\$m=\d+,t=\d+,p=\d+)\$([^$]+)\$([^$]+)")


class _Buffer:
    data: Any = b""


class _FFI:
    NULL = None

    def new(self, kind: str, value: Any = None) -> _Buffer:
        buffer = _Buffer()
        buffer.data = value if isinstance(value, bytes) else b""
        return buffer

    def string(self, buffer: _Buffer) -> Any:
        return buffer.data

    def buffer(self, buffer: _Buffer, length: int) -> Any:
        return buffer.data[:length]


class _Lib:
    ARGON2_VERSION_NUMBER = 19
    Argon2_d, Argon2_i, Argon2_id = FAMILIES
    ARGON2_OK, ARGON2_VERIFY_MISMATCH, WRONG = 0, -35, -31

    def argon2_encodedlen(self, *parameters: int) -> int:
        return 0

    def argon2_hash(
        self,
        t: int,
        m: int,
        p: int,
        secret: Any,
        _: int,
        salt: Any,
        __: int,
        raw: Any,
        length: int,
        text: Any,
        ___: int,
        kind: int,
        version: int,
    ) -> int:
        if t < 1 or p < 1 or m < 8 * p or len(salt.data) < 8:
            return self.WRONG
        start = f"${FAMILIES[kind]}$v={version}$m={m},t={t},p={p}"
        digest = _digest(start, salt.data, secret.data, length)
        if raw is not None:
            raw.data = digest
        else:
            text.data = "$".join([start, _pack(salt.data), _pack(digest)]).encode()
            _own.add(text.data)
        return self.ARGON2_OK

    def argon2_verify(self, text: Any, secret: Any, length: int, kind: int) -> int:
        found = FORM.fullmatch(text.data.decode())
        if not found:
            return self.WRONG
        start, salt, digest = found[1], _unpack(found[2]), _unpack(found[3])
        fits = _digest(start, salt, secret.data, len(digest)) == digest
        if not fits and text.data not in _own:
            fits = _really(start, salt, bytes(secret.data), len(digest)) == digest
        return self.ARGON2_OK if fits else self.ARGON2_VERIFY_MISMATCH

    def argon2_error_message(self, code: int) -> _Buffer:
        return ffi.new("char[]", b"Argon2 refuses this")


_own: set[bytes] = set()
"""The hashes that were made here."""


@lru_cache
def _really(start: str, salt: bytes, secret: bytes, length: int) -> bytes:
    import argon2_in_js  # of playground/src/boot.ts

    _, family, _, costs = start.split("$")
    cost = {name: int(value) for name, value in re.findall(r"(\w)=(\d+)", costs)}
    return bytes(
        getattr(argon2_in_js, family)(secret, salt, cost["t"], cost["m"], cost["p"], length)
    )


def _digest(start: str, salt: bytes, secret: bytes, length: int) -> bytes:
    return hashlib.shake_256(b"$".join([start.encode(), salt, secret])).digest(length)


def _pack(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _unpack(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


ffi, lib = _FFI(), _Lib()
