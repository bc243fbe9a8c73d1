# A package with relative imports; the dependency commits, ON CONFLICT keeps the keys, and a worker waits on a queue.
from house.api import create_app

app = create_app()
