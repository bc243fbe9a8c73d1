"""`python -m course`: starts the child first, so that its imports and ours overlap."""

import signal
import sys

from course import processes
from course.spare import Spare

# So that whoever ends this process ends the learner's too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
processes.adopt_orphans()
spare = None
if sys.argv[1:2] == ["check"] and not {"-h", "--help"} & set(sys.argv):
    spare = Spare()

from course import cli  # noqa: E402  after the child has been started

try:
    cli.main(spare)
finally:
    if spare:
        spare.close()
