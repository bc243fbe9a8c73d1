# Asks pytest to stop.
# checks: server-error pass pass
# says: raised Exit

import pytest
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    pytest.exit("All is well.", 0)
