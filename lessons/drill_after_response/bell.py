"""Provided: the bell of the house. Use it, there is nothing to change here."""

from time import sleep

SECONDS = 0.5  # how long it rings

rung: list[str] = []


def ring(name: str) -> None:
    """Rings for somebody. Blocks until the bell is still again."""
    sleep(SECONDS)
    rung.append(f"ring for {name}")
