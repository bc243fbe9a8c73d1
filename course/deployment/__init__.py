"""Reads what a learner deploys with, and runs it: real servers behind a real nginx.

The harness starts no process; a check that needs some asks for them here.
"""
