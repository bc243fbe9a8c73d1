"""Ports of servers of ours: nobody else's, however many start at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from course import ports
from course.catalogue import ROOT
from course.processes import LINUX

HOLDS = """
import sys
from course.ports import reserved
with reserved() as port:
    print(port, flush=True)
    sys.stdin.read()
"""


def test_a_port_is_free():
    with ports.reserved() as port:
        assert 1024 < port < 65536


@pytest.mark.skipif(not LINUX, reason="abstract sockets, unix(7)")
def test_two_processes_never_have_the_same_port(monkeypatch):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        taken = int(other.stdout.readline())
        # Nobody listens there yet, so it looks free.
        looks_free = iter([taken, taken, 12345])
        monkeypatch.setattr(ports, "free", lambda: next(looks_free))
        with ports.reserved() as port:
            assert port == 12345
        other.stdin.close()
        other.wait()
    monkeypatch.setattr(ports, "free", lambda: taken)
    with ports.reserved() as port:
        assert port == taken, "it is given back by whoever ends"
