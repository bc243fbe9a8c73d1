"""Provided: the front desk, which rings people up. Use it, there is nothing to change here."""

import logging
import time

SECONDS = 1.0  # how long a call takes

_log = logging.getLogger("desk")


def tell(person: str, booking_id: int) -> None:
    """Tell somebody who waited that the room is theirs now.

    Returns when they know, and blocks until then. Raises when they cannot be reached.
    """
    _ring(person, booking_id)


def _ring(person: str, booking_id: int) -> None:
    time.sleep(SECONDS)
    _log.info("told %s about booking %s", person, booking_id)
