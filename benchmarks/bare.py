"""The floor: the same checks in this process, warm, without pytest, child, queue and terminal.

python benchmarks/bare.py CHECKS FOLDER ROUNDS prints the seconds of each round.
"""

from __future__ import annotations

import gc
import importlib.util
import inspect
import random
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from course.harness.guard import Guard  # noqa: E402
from course.harness.load import unload  # noqa: E402
from course.harness.oracles import _shared, import_afresh, watched  # noqa: E402
from course.harness.session import Session  # noqa: E402
from course.harness.workspace import restore, snapshot  # noqa: E402


def main() -> None:
    checks, folder, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    spec = importlib.util.spec_from_file_location("checks_here", checks)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    guard = Guard()  # made once, as in the child
    run(module, folder, guard)  # the first one warms the caches
    gc.freeze()  # as the child does, which has imported all that it needs
    gc.set_threshold(20_000, 20, 100)
    for _ in range(rounds):
        started = time.perf_counter()
        run(module, folder, guard)
        print(time.perf_counter() - started)


def run(module: ModuleType, folder: Path, guard: Guard) -> None:
    """All checks of a module, each with its fixtures, as the harness would run them."""
    session = Session(folder.resolve(), "bare", files=snapshot(folder), guard=guard)
    for name, check in list(vars(module).items()):
        if name.startswith("test_"):
            fixtures = Fixtures(session, module)
            check(
                **{wanted: fixtures.get(wanted) for wanted in inspect.signature(check).parameters}
            )
            session.exchanges.clear()
    session.close_shared()
    restore(session.folder, session.files)
    unload(session.folder, session.package)


class Fixtures:
    def __init__(self, session: Session, module: ModuleType) -> None:
        self.session, self.module = session, module

    def get(self, name: str) -> Any:
        match name:
            case "api":
                return _shared(self.session)
            case "rng":
                return random.Random(0)
            case "folder":
                restore(self.session.folder, self.session.files)
                return self.session.folder
            case "start":
                restore(self.session.folder, self.session.files)
                app = import_afresh(self.session).app
                return lambda: watched(app, self.session)
        function = getattr(self.module, name)._get_wrapped_function()
        return function(**{n: self.get(n) for n in inspect.signature(function).parameters})


if __name__ == "__main__":
    main()
