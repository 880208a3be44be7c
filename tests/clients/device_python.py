"""The Python client behind the methods that the simulation asks of every device."""

from pathlib import Path
from typing import Any, Self

from clients.python.profile_on_device import Later, ProfileOnDevice

UNSENT = "SELECT count(*) FROM queue WHERE status <> 'done'"
KINDS = "SELECT kind FROM items UNION SELECT kind FROM queue ORDER BY kind"


class PythonDevice:
    """A device with its copy of one profile, in a file that outlives it."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path, self.options = path, options
        self.access = ""

    def open(self, url: str, token: str, profile: str) -> Self:
        """Begin, or go on with what the file holds; `url` ends with /api/v1."""
        self.access = token
        self.client = ProfileOnDevice(url, profile, str(self.path), lambda: self.access, **self.options)
        return self

    def token(self, token: str) -> None:
        """Go on with another access token."""
        self.access = token
        self.client.http.headers["Authorization"] = f"Bearer {token}"

    def create(self, kind: str, pk: str, values: dict[str, Any]) -> None:
        """A new item."""
        self.client.change(kind, pk, {"set": values})

    def edit(self, kind: str, pk: str, values: dict[str, Any]) -> None:
        """Other values of some members of an item."""
        self.client.change(kind, pk, {"set": values})

    def delete(self, kind: str, pk: str) -> None:
        """An item less."""
        self.client.change(kind, pk, {"delete": True})

    def move(self, kind: str, ids: list[str]) -> None:
        """Another order of a list."""
        self.client.change(kind, "", {"order": ids})

    def sync(self) -> bool:
        """Synchronise; False where the network or the service is away."""
        try:
            self.client.sync()
        except Later:
            return False
        return True

    def dump(self) -> dict[str, Any]:
        """What the person sees, how many changes the service has not stored, and what the person is asked."""
        kinds = [row["kind"] for row in self.client.db.execute(KINDS)]
        return {
            "items": {kind: self.client.items(kind) for kind in kinds},
            "pending": self.client.db.execute(UNSENT).fetchone()[0],
            "conflicts": self.client.questions(),
        }

    def resolve_all(self) -> None:
        """Let what was changed here hold, wherever both sides have changed something."""
        for question in self.client.questions():
            if question["conflict"]:
                self.client.resolve(question, mine=True)

    def close(self) -> None:
        """End, as an app does whose process ends."""
        self.client.db.close()
        self.client.http.close()
