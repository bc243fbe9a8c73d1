"""Ports of the loopback for servers of ours."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = "127.0.0.1"


def free() -> int:
    """A port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def reserved() -> Iterator[int]:
    """A free port that no other process of the course takes meanwhile.

    Until its server listens, a port looks free to the others as well. Two that started on the same
    one would both find somebody who answers, and one of them the wrong one. What is held is the
    name of a socket in Linux's abstract namespace, unix(7): it is given back however we end.
    """
    while True:
        port = free()
        if sys.platform != "linux":
            yield port
            return
        with socket.socket(socket.AF_UNIX) as lock:
            try:
                lock.bind(f"\0course-port-{port}")
            except OSError:
                continue
            yield port
            return
