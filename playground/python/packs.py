"""Puts a pack where Python finds it. A pack is a zip, and is imported from without unpacking it."""

from __future__ import annotations

import sys
import zipfile

DISK = "on-disk/"
_mounted: set[str] = set()


def mount(name: str) -> None:
    """Let `/packs/NAME.zip` be imported from, and unpack what must lie on a disk below `/`."""
    file = f"/packs/{name}.zip"
    if name in _mounted:
        return
    _mounted.add(name)
    sys.path += [path for path in (file, "/packages") if path not in sys.path]
    with zipfile.ZipFile(file) as pack:
        for info in pack.infolist():
            if info.filename.startswith(DISK) and not info.is_dir():
                info.filename = info.filename.removeprefix(DISK)
                pack.extract(info, "/")
    if name == "database":
        import databases

        databases.install()
