"""`python -m course`: starts the child first, so that its imports and ours overlap."""

import signal
import sys

from course import processes
from course.spare import Spare

# So that whoever ends this process ends the learner's too.
for name in ("SIGTERM", "SIGHUP"):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number and signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
processes.adopt_orphans()
spare = None
if sys.argv[1:2] in (["check"], ["hint"]) and not {"-h", "--help"} & set(sys.argv):
    spare = Spare()

try:
    from course import cli  # after the child has been started

    cli.main(spare)
except ModuleNotFoundError as error:
    if not error.name or error.name.startswith("course"):
        raise
    sys.exit(
        f"The course is not set up for {sys.executable}: it has no {error.name}.\n"
        "Run make setup, or without make: python -m pip install --require-hashes "
        "-r requirements.lock"
    )
finally:
    if spare:
        spare.close()
