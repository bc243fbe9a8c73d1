from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str) -> dict[str, str]:
    return {"topic": topic}


# TODO: whoever asks for an old address is sent to the new one, for ever.
#   GET /help/mugs  →  308  Location: /guide/mugs
@app.get("/help/{topic}")
def read_old_topic(topic: str):
    return "/guide"
