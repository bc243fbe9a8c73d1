"""Provided: the shop's log. Use it, there is nothing to change here."""

import logging

log = logging.getLogger("shop")
"""For what goes wrong: log.error("…"), or log.exception("…") inside an except block."""

audit = logging.getLogger("shop.audit")
"""Who did what, one line each: audit.info("order=%s …", order_id)"""

if not log.handlers:
    _handler = logging.StreamHandler()
    _handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    log.addHandler(_handler)
    log.setLevel(logging.INFO)
