"""Provided: makes this folder a package, so that main.py can write: from routers import login."""
