"""The first command on a new machine: what it says when something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows goes without make and sh")


def setup(tmp_path: Path, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """tools/setup.sh with nothing on the PATH but what every system has."""
    lock = tmp_path / "empty.lock"
    lock.write_text("", "utf-8")
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "rm", "mkdir", "cat"):
        link = tools / name
        if not link.exists():
            link.symlink_to(f"/bin/{name}")
    return subprocess.run(
        ["/bin/sh", "tools/setup.sh", python, str(tmp_path / "venv"), str(lock)],
        cwd=ROOT,
        env={"PATH": str(tools), "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def pretend(tmp_path: Path, name: str, script: str) -> str:
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{script}", "utf-8")
    path.chmod(0o755)
    return str(path)


def test_no_python_at_all(tmp_path):
    done = setup(tmp_path, "python3")
    assert done.returncode == 1
    assert "There is no command python3. Install Python 3.11 or newer" in done.stderr


def test_a_python_that_is_too_old(tmp_path):
    old = pretend(
        tmp_path,
        "old",
        f'exec "{sys.executable}" -c "import sys; sys.version_info = (3, 10); exec(sys.stdin.read())"',
    )
    done = setup(tmp_path, old)
    assert done.returncode == 1
    assert "This course needs Python 3.11 or newer" in done.stderr
    assert "is 3.10" in done.stderr
    assert "make PYTHON=python3.12 check lesson=1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_debian_without_python3_venv(tmp_path):
    without = pretend(
        tmp_path,
        "without",
        f"""if [ "$2" = venv ]; then
    echo "The virtual environment was not created successfully because ensurepip is not available."
    mkdir -p "$3/bin"
    exit 1
fi
exec "{sys.executable}" "$@"
""",
    )
    done = setup(tmp_path, without)
    assert done.returncode == 1
    assert "ensurepip is not available" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_when_uv_fails_pip_is_tried(tmp_path):
    (tmp_path / "bin").mkdir()
    pretend(tmp_path / "bin", "uv", f'[ "$1" = venv ] && mkdir -p "{tmp_path}/venv/bin"\nexit 1\n')
    done = setup(tmp_path, sys.executable)
    assert "uv did not manage that, so pip is tried." in done.stderr
    assert (tmp_path / "venv/bin/pip").exists()


def test_the_tool_without_what_it_needs_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-S", "-m", "course", "check", "1"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The course is not set up for" in done.stderr
    assert "make setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_says_what_it_does(tmp_path):
    done = setup(tmp_path, sys.executable)
    assert "Setting up once: installing" in done.stderr
    assert "with pip" in done.stderr
