"""What is fast, measured: every figure is a ratio of two things measured in this one run.

    make bench

The two sides take turns, so that a machine that becomes slower slows both. The environment is the
learner's: a virtual environment with requirements.lock and nothing else, made in build/bench.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.loop import learner, print_idle  # noqa: E402
from course.harness.workspace import lay_out  # noqa: E402

SLUG = "01_routing"
CHECKS = f"checks/test_{SLUG}.py"
SOLUTION = f"solutions/{SLUG}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--loop", action="store_true", help="only the learner's loop")
    parser.add_argument("--lessons", action="store_true", help="only the lessons, side by side")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, ", end="")
        print(f"medians of {arguments.rounds} rounds\n")
        if arguments.lessons:
            print_lessons(arguments.rounds)
        else:
            measure(arguments.rounds, arguments.loop)
        return
    python = learner_environment()
    subprocess.run([python, __file__, "--inside", *sys.argv[1:]], cwd=ROOT, check=True)


def learner_environment() -> Path:
    venv = ROOT / "build/bench"
    subprocess.run(
        ["sh", "tools/setup.sh", sys.executable, str(venv), "requirements.lock"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def measure(rounds: int, only_loop: bool) -> None:
    if not only_loop:
        measure_check(rounds)
    print_loop(rounds)
    print_idle(20)


def measure_check(rounds: int) -> None:
    one_shot, plain = in_turns(rounds, check_command, plain_pytest)
    print_ratio("plain pytest / one-shot check", plain, one_shot, "at least 1")
    warm, plain = in_turns(rounds, WarmSpare(), plain_pytest)
    print_ratio("plain pytest / request to a warm spare", plain, warm, "at least 6")
    floor()
    many, plain_each = verify_all(), statistics.median(plain)
    print_ratio("plain pytest each / verify, per submission", [plain_each], [many], "at least 5")
    print_lessons(rounds)
    print_memory()


def print_lessons(rounds: int) -> None:
    """What the lessons cost whose checks do more than send requests."""
    for slug, wanted in (("06_database", 3), ("07_background_tasks", 3)):
        lesson = WarmSpare(slug)
        first, this = in_turns(rounds, WarmSpare(), lesson)
        print_ratio(f"{slug} / {SLUG}, warm", this, first, f"at most {wanted}")
        seconds, name = lesson.longest
        print(f"  its longest check, {name}, takes {seconds * 1000:.0f} ms (wanted: under 1500)")


def in_turns(
    rounds: int, first: Callable[[], float], second: Callable[[], float]
) -> tuple[list[float], list[float]]:
    first(), second()  # the first of each warms the disk cache
    pairs = [(first(), second()) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def print_ratio(name: str, slow: list[float], fast: list[float], wanted: str) -> None:
    ratios = [a / b for a, b in zip(slow, fast, strict=True)]
    print(
        f"{name}: {statistics.median(ratios):.2f} (wanted: {wanted}; "
        f"{statistics.median(slow) * 1000:.0f} ms / {statistics.median(fast) * 1000:.0f} ms; "
        f"from {min(ratios):.2f} to {max(ratios):.2f})"
    )


def timed(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def check_command() -> float:
    return timed([sys.executable, "-m", "course", "check", SLUG, "--submission", SOLUTION])


def plain_pytest() -> float:
    """The same checks with the same plugin, as somebody without the course's tool runs them."""
    plugin = ["-p", "course.harness.plugin", "--submission", SOLUTION]
    return timed([sys.executable, "-m", "pytest", "-q", *plugin, CHECKS])


class WarmSpare:
    """From the moment when the file is saved to the moment when the Report is there."""

    def __init__(self, slug: str = SLUG) -> None:
        self.slug = slug
        self.checks: dict[str, list[float]] = {}
        """The seconds of each check, of all rounds."""

    def __call__(self) -> float:
        from course.catalogue import find
        from course.runner import Run
        from course.spare import Limits, Spare

        spare = Spare(rehearse=True)
        spare.wait_until_ready()
        started = time.perf_counter()
        run = Run(find(self.slug), ROOT / "solutions" / self.slug, Limits())
        run.on(spare)
        report = run.conclude()
        seconds = time.perf_counter() - started
        spare.close()
        assert report.status == "pass"
        for check in report.checks:
            self.checks.setdefault(check.id, []).append(check.seconds)
        return seconds

    @property
    def longest(self) -> tuple[float, str]:
        """The check that takes longest, by its median."""
        return max((statistics.median(all_of), name) for name, all_of in self.checks.items())


def print_loop(rounds: int) -> None:
    """From the save to the verdict on the terminal, against two others."""
    with learner() as one:
        saved, plain = in_turns(rounds, one.save, plain_pytest)
        print_ratio("plain pytest / save to verdict", plain, saved, "at least 5")
        saved, bare = in_turns(rounds, one.save, bare_run)
        print_ratio("save to verdict / the same checks without pytest", saved, bare, "at most 2.5")
    print(
        f"  the floor: the {CHECKS} in one warm process, without pytest, child, queue and terminal, "
        f"take {statistics.median(bare) * 1000:.0f} ms"
    )


def bare_run() -> float:
    with tempfile.TemporaryDirectory() as name:
        lay_out(ROOT / "lessons" / SLUG, ROOT / SOLUTION, Path(name))
        done = subprocess.run(
            [sys.executable, "benchmarks/bare.py", CHECKS, name, "1"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    return float(done.stdout)


def floor() -> None:
    """What stands between: pytest's own cost, and the checks without it."""
    from course.catalogue import find
    from course.runner import Run
    from course.spare import Limits, Spare

    spare = Spare(rehearse=True)
    spare.wait_until_ready()
    run = Run(find(SLUG), ROOT / SOLUTION, Limits())
    run.on(spare)
    spent = sum(check.seconds for check in run.report.checks)
    report = run.conclude()
    spare.close()
    print(
        f"  of one warm run of {report.seconds * 1000:.0f} ms, {spent * 1000:.0f} ms are spent in the "
        f"bodies of the {len(report.checks)} checks; the rest imports main.py once for each check, "
        "starts and stops the app, and is pytest's own"
    )


def verify_all() -> float:
    """Seconds for one submission when all of lesson 1 are run at once."""
    from course.catalogue import find
    from course.pool import Job, run_all
    from course.submissions import submissions

    exercise = find(SLUG)
    jobs = [
        Job(s, exercise, s.path)
        for s in submissions(exercise)
        if s.says("kind") not in ("hung", "crashed")  # plain pytest would never end on those
    ]
    started = time.perf_counter()
    done = list(run_all(jobs))
    return (time.perf_counter() - started) / len(done)


def print_memory() -> None:
    """The largest the tool's own process ever was."""
    code = (
        "import resource, runpy, sys\n"
        f"sys.argv = ['course', 'check', '{SLUG}', '--submission', '{SOLUTION}']\n"
        "try:\n    runpy.run_module('course', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(peak, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    kilobytes = int(done.stderr) / (1024 if sys.platform == "darwin" else 1)
    print(f"memory of the tool's own process: {kilobytes / 1024:.0f} MB (wanted: under 60)")


if __name__ == "__main__":
    main()
