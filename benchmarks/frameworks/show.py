"""Writes the table and the plots of benchmarks/results/frameworks.json."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.fonttype"] = "none"  # text stays text
mpl.rcParams["svg.hashsalt"] = "course"  # the same results give the same file
mpl.rcParams["font.family"] = "sans-serif"

import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks/results"
ASSETS = ROOT / "docs/assets"
TITLES = {
    "plain": "A small JSON answer",
    "orders": "A body that is validated",
    "wait": "An answer that waits 50 ms",
}
THEMES = {"light": ("#1f1f1f", "#3f51b5"), "dark": ("#e6e6e6", "#9fa8da")}


def main() -> None:
    read = json.loads((RESULTS / "frameworks.json").read_text("utf-8"))
    figures: dict[str, dict[str, float]] = read["requests_per_second"]
    (RESULTS / "frameworks.md").write_text(table(read, figures) + how(read), "utf-8")
    (RESULTS / "plain.md").write_text(column(figures, "plain"), "utf-8")
    (RESULTS / "wait.md").write_text(column(figures, "wait"), "utf-8")
    (RESULTS / "validation.md").write_text(validation(read), "utf-8")
    for theme, (ink, bar) in THEMES.items():
        plot(figures, ink, bar, ASSETS / f"frameworks-{theme}.svg")


def table(read: dict, figures: dict[str, dict[str, float]]) -> str:
    rows = [
        f"| {name} | " + " | ".join(f"{rates[w]:,}" if w in rates else "–" for w in TITLES) + " |"
        for name, rates in figures.items()
    ]
    head = f"| requests per second | {' | '.join(TITLES.values())} |"
    return "\n".join([head, "|---|" + "--:|" * len(TITLES), *rows, "", ""])


def column(figures: dict[str, dict[str, float]], workload: str) -> str:
    """One workload, the fastest first."""
    rates = {name: found[workload] for name, found in figures.items() if workload in found}
    rows = [f"| {name} | {rates[name]:,} |" for name in sorted(rates, key=rates.get, reverse=True)]
    return "\n".join([f"| {TITLES[workload]} | requests per second |", "|---|--:|", *rows, ""])


def how(read: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in read["versions"].items())
    return (
        f"Measured on {read['date']} with `{read['command']}`: {read['system']}, Python "
        f"{read['python']}, {versions}. One process for each server, on one core; wrk with "
        f"{read['clients']} connections on another. Medians of {read['rounds']} rounds of "
        f"{read['seconds']} seconds (20 for the server that blocks), in which all took turns. Flask and Django with WSGI "
        "run under Gunicorn with 40 threads, the others under Uvicorn.\n"
    )


def validation(read: dict) -> str:
    rows = [
        f"| {name} | {times['pydantic']:.2f} | {times['by hand']:.2f} |"
        for name, times in read["validation_microseconds"].items()
    ]
    return (
        "\n".join(
            ["| microseconds for one record | Pydantic | by hand |", "|---|--:|--:|", *rows, "", ""]
        )
        + f"Measured on {read['date']}, in the same run as the frameworks.\n"
    )


def plot(figures: dict[str, dict[str, float]], ink: str, bar: str, file: Path) -> None:
    figure, axes = plt.subplots(len(TITLES), 1, figsize=(7, 7.5), layout="constrained")
    for axis, (workload, title) in zip(axes, TITLES.items(), strict=True):
        rates = {name: found[workload] for name, found in figures.items() if workload in found}
        names, values = list(rates)[::-1], list(rates.values())[::-1]
        bars = axis.barh(names, values, color=bar)
        axis.bar_label(bars, [f"{value:,}" for value in values], padding=3, color=ink)
        axis.set_title(title, loc="left", color=ink, fontsize=11, fontweight="bold")
        axis.tick_params(colors=ink, bottom=False, labelbottom=False, left=False)
        axis.set_xlim(0, max(values) * 1.15)
        axis.spines[:].set_visible(False)
    figure.savefig(file, transparent=True, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
