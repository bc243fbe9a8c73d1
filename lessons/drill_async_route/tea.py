"""Provided: brews tea. Use it, there is nothing to change here."""

from asyncio import sleep
from itertools import count

SECONDS = 0.5  # how long a pot takes

_numbers = count(1)


async def brew() -> int:
    """The number of the pot, when it is ready. To be awaited."""
    number = next(_numbers)
    await sleep(SECONDS)
    return number
