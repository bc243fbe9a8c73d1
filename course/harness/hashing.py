"""Stands in for the C library below argon2-cffi, which takes 50 ms for each password."""

from __future__ import annotations

import base64
import hashlib
import importlib
import re
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from course.harness.probe import on_the_loop
from course.harness.tokens import unpack

ARGON2 = re.compile(
    r"\$(?P<family>argon2\w+)\$v=19\$m=(?P<m>\d+),t=(?P<t>\d+),p=\d+\$(?P<salt>[^$]+)\$[^$]+"
)
"""The usual text form of a hash."""


@dataclass
class Argon2:
    """Gives the same texts as the library does, for no time at all.

    It counts what would have been computed, and sees what would have held up the event loop.
    """

    costs: list[int] = field(default_factory=list)
    blocked: bool = False
    _own: set[bytes] = field(default_factory=set)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        low_level = importlib.import_module("argon2.low_level")
        self._really = {name: getattr(low_level, name) for name in ("hash_secret", "verify_secret")}
        self._mismatch = low_level.VerifyMismatchError
        for module in [m for name, m in sys.modules.items() if name.partition(".")[0] == "argon2"]:
            for name, function in self._really.items():
                if vars(module).get(name) is function:
                    monkeypatch.setattr(module, name, getattr(self, name))

    def forget(self) -> None:
        """What was computed until now does not count."""
        self.costs.clear()
        self.blocked = False

    def hash_secret(
        self,
        secret: bytes,
        salt: bytes,
        time_cost: int,
        memory_cost: int,
        parallelism: int,
        hash_len: int,
        type: Any,
        version: int = 19,
    ) -> bytes:
        self._note(memory_cost * time_cost)
        if memory_cost < 8 * parallelism or time_cost < 1 or len(salt) < 8:
            arguments = (time_cost, memory_cost, parallelism, hash_len, type, version)
            return bytes(self._really["hash_secret"](secret, salt, *arguments))  # which raises
        family = f"argon2{type.name.lower()}"
        start = f"${family}$v={version}$m={memory_cost},t={time_cost},p={parallelism}"
        hashed = _hashed(start, salt, secret, hash_len)
        self._own.add(hashed)
        return hashed

    def verify_secret(self, hash: bytes, secret: bytes, type: Any) -> bool:
        hash = bytes(hash)
        if found := ARGON2.fullmatch(hash.decode()):
            self._note(int(found["m"]) * int(found["t"]))
        if hash not in self._own:
            return bool(self._really["verify_secret"](hash, secret, type))
        start, salt, digest = hash.decode().rsplit("$", 2)
        if _hashed(start, unpack(salt), secret, len(unpack(digest))) != hash:
            raise self._mismatch("The password does not match the supplied hash")
        return True

    def _note(self, cost: int) -> None:
        self.costs.append(cost)
        self.blocked |= on_the_loop()


def _hashed(start: str, salt: bytes, secret: bytes, length: int) -> bytes:
    digest = hashlib.shake_256(b"%s$%s$%s" % (start.encode(), salt, secret)).digest(length)
    standard = [base64.b64encode(part).decode().rstrip("=") for part in (salt, digest)]
    return "$".join([start, *standard]).encode()
