"""Provided: the shop's settings. Use them, there is nothing to change here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    currency: str = "EUR"
    vat_percent: int = 20


def get_settings() -> Settings:
    return Settings()
