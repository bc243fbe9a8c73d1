# TODO 1: a router for the users. Move GET /users/me here, from main.py.
