"""Packs Python's library, the wheels and the course so that a browser gets little and starts fast.

Runs in Pyodide, under Node: what it compiles is for that Python. Each pack is one zip in which
nothing is compressed, and which is compressed as a whole: what is alike in a thousand modules is
then sent once. Python imports from the zip without unpacking it.

Docstrings and the texts of `Doc("…")` are left out: a third of all, and nobody reads them there.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import marshal
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from compression import zstd

LEVEL = 19
WINDOW = 25  # as a power of two, in bytes: more than the largest pack has
NO_DATE = (1980, 1, 1, 0, 0, 0)

# Nobody can use these in a browser, or nobody would in this course.
UNUSED_STDLIB = tuple(
    "idlelib/ tkinter/ turtle turtledemo/ lib2to3/ ensurepip/ venv/ pydoc_data/ xmlrpc/ curses/ "
    "dbm/ test/ antigravity this encodings/mac_ encodings/cp8 encodings/cp10 encodings/cp11 "
    "unittest/__main__ sqlite3/__main__ webbrowser mailbox imaplib ftplib poplib".split()
)
UNUSED = (
    "anyio/_backends/_trio",
    "certifi/cacert.pem",
    "dns/",
    "dnspython",
    "pygments/lexers/",
    "pygments/styles/",
    "pygments/formatters/",
    "sqlalchemy/dialects/mssql/",
    "sqlalchemy/dialects/mysql/",
    "sqlalchemy/dialects/oracle/",
    "sqlalchemy/testing/",
    "sqlalchemy/ext/mypy/",
    "pydantic/v1/",
    "pydantic/mypy",
    "opentelemetry/semconv/",
)
# pytest imports these, whatever it is asked for.
KEPT = tuple(
    f"pygments/{name}.py"
    for name in (
        *("lexers/__init__", "lexers/_mapping", "lexers/python", "lexers/diff"),
        *("formatters/__init__", "formatters/_mapping", "formatters/terminal"),
        *("styles/__init__", "styles/_mapping"),
    )
)
NOT_FOR_PYTHON = (".pyi", ".c", ".h", ".pxd", ".pyx", ".typed", ".md", ".rst", ".exe")
METADATA = ("METADATA", "entry_points.txt")
# A module of C can be loaded only from a file, and anyio reads its own source. What lies below
# "on-disk" in a pack is unpacked.
FILES = ("pydantic_core/", "anyio/")
# Its own tests for a docstring are asserts.
WITH_DOCSTRINGS = ("sqlalchemy/",)

Files = Iterable[tuple[str, bytes]]


def main() -> None:
    asked = json.loads(Path("/in/packs.json").read_text())
    sizes = {}
    for name, sources in asked.items():
        packed = pack(files(sources))
        Path(f"/out/{name}.zst").write_bytes(packed)
        sizes[name] = len(packed)
    for path in Path("/in/plain").iterdir():
        packed = compress(path.read_bytes())
        Path(f"/out/{path.name}.zst").write_bytes(packed)
        sizes[path.name] = len(packed)
    for name, size in sizes.items():
        print(f"{name}: {size / 1e6:.2f} MB")


def files(sources: list[str]) -> Iterator[tuple[str, bytes]]:
    """The files of each source, ready to be packed: a wheel, a zip, or a folder."""
    for source in sources:
        if source.endswith("stdlib.zip"):
            yield from compiled(unpacked(source), "/lib/python314.zip", UNUSED_STDLIB)
        elif source.endswith(".whl"):
            for name, data in compiled(unpacked(source), "/packages", UNUSED):
                yield (f"on-disk/packages/{name}" if name.startswith(FILES) else name), data
        else:
            yield from course(Path(source))


def unpacked(source: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, archive.read(info)


def compiled(found: Files, folder: str, unused: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for name, data in found:
        metadata = ".dist-info/" in name
        if name.endswith(NOT_FOR_PYTHON) or (name.startswith(unused) and name not in KEPT):
            continue
        if metadata and not name.endswith(METADATA):
            continue
        if name.endswith("METADATA"):
            data = data.partition(b"\n\n")[0]  # without the description
        if name.endswith(".py"):
            if name == "anyio/__init__.py":
                yield name, data
            else:
                yield f"{name}c", as_pyc(data, f"{folder}/{name}", name.startswith(WITH_DOCSTRINGS))
        else:
            yield name, data


def course(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Our own modules, compiled; what is to be on disk as it is."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or "__pycache__" in name or name.endswith(".so"):
            continue
        if name.endswith(".py") and not name.startswith("on-disk/"):
            yield f"{name}c", as_pyc(path.read_bytes(), f"/course/{name}", False)
        else:
            yield name, path.read_bytes()


def as_pyc(source: bytes, file: str, docstrings: bool) -> bytes:
    tree = ast.parse(source)
    if not docstrings:
        for node in ast.walk(tree):
            without_prose(node)
    code = compile(tree, file, "exec", dont_inherit=True, optimize=0)
    flags = (0b01).to_bytes(4, "little")  # by the hash of the source, which is never asked for
    head = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source)
    return head + marshal.dumps(code)


def without_prose(node: ast.AST) -> None:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        if ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            empty = [] if isinstance(node, ast.Module) or len(node.body) > 1 else [ast.Pass()]
            node.body[:1] = [ast.copy_location(statement, first) for statement in empty]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Doc":
        node.args = [ast.copy_location(ast.Constant(""), argument) for argument in node.args]


def pack(found: Files) -> bytes:
    """One zip, sorted so that what is alike lies together, compressed as a whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(found):
            archive.writestr(zipfile.ZipInfo(name, NO_DATE), data)
    return compress(buffer.getvalue())


def compress(data: bytes) -> bytes:
    parameters = zstd.CompressionParameter
    options = {parameters.compression_level: LEVEL, parameters.window_log: WINDOW}
    return zstd.compress(data, options=options)


main()
