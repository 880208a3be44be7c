"""What the service reads from the environment, once, when a process starts."""

import os

DATABASE_URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
JWT_SIGNING_KEY = os.environ["JWT_SIGNING_KEY"]
REDIS_URL = os.environ.get("REDIS_URL", "")
# The number of the document's format, which is part of its tag.
FORMAT = os.environ["PEER_FORMAT"]
# Whether bodies are kept in Redis by version.
CACHE = os.environ.get("PEER_CACHE", "false").lower() == "true"
# Whether each request gets an id and a line in the log.
LINES = os.environ.get("PEER_LINES", "false").lower() == "true"
# How a profile's lists are loaded: "selectin", as SQLAlchemy's documentation teaches it, or "selects": a statement of
# our own for each list, which takes a quarter less of a request and more code.
LOADING = os.environ.get("PEER_LOADING", "selectin")
# Connections of one worker: on two cores 5 answered more requests a second than 10, 20 or 32 did.
POOL_SIZE = int(os.environ.get("PEER_POOL_SIZE", "5"))
