"""One fleet for many checks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from course.deployment import plan
from course.harness.session import Session
from course.harness.workspace import restore

if TYPE_CHECKING:
    from course.deployment.fleet import Fleet


class Shared:
    """The fleet of all checks: made once, and complete again after one that has ended a part."""

    def __init__(self, session: Session) -> None:
        self.session, self.processes = session, ExitStack()
        self.fleet: Fleet | None = None

    def get(self, least: int = 2) -> Fleet:
        """It, with so many of its replicas running."""
        # Here, because this module is also read where no process can be started.
        from course.deployment.fleet import fleet

        if self.fleet and sum(not replica.ended for replica in self.fleet.replicas) < least:
            self.fleet.complete()
        if self.fleet is None:
            database = self.database()
            restore(self.session.folder, self.session.files)
            found, record = plan.read(self.session.folder), self.session.exchanges.append
            self.fleet = self.processes.enter_context(fleet(found, record, database=database))
        return self.fleet

    def database(self) -> str:
        """The address of a new one, "" for a SQLite file of the fleet's."""
        return ""

    def end_fleet(self) -> None:
        self.fleet = None
        self.processes.close()

    def close(self) -> None:
        self.end_fleet()
