from fastapi import FastAPI
from whoami import router

app = FastAPI(title="Take a number")
app.include_router(router)

# TODO: the page says what is missing here, and which files are missing beside this one.
#   POST /queues/passports/numbers  ->  201 {"queue": "passports", "number": 1}
