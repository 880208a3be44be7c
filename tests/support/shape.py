"""`python -m tests.support.shape [folder]`: how large the rooms are, and how many files a request travels through.

A newcomer reads what this counts: modules a folder, lines a file, and the files of ours that a request touches, from
the middleware to the database. Runs on SQLite in a temporary folder, so that anybody has the figures in some seconds.
The folder is that of another checkout, such as of an older commit, whose figures are wanted.
"""

import importlib
import json
import logging
import os
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, Self

ROOT = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parent.parent.parent).resolve()
ROOMS = ("profiles", "profiles_project", "users")


def modules() -> dict[Path, int]:
    """Lines of each module of the service, without migrations."""
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)
    return {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in found}


class Journey:
    """Which files of ours a request goes through, and by which calls it comes back to one that it has not left.

    Comes back: a call into a file whose code is under way further up, out of another file; of the same functions it
    names each once, however many rows there are, and counts them all. Middleware is none to come back to, since all
    else is called inside it.
    """

    def __init__(self, middleware: set[str]) -> None:
        self.middleware = middleware
        self.files: set[str] = set()
        self.returns: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or (name := _ours(frame)) is None:
            return
        self.files.add(name)
        stack = []
        caller = frame.f_back
        while caller is not None:
            stack.append(_ours(caller))
            caller = caller.f_back
        last = next((each for each in stack if each is not None), None)
        if last != name and name in stack and name not in self.middleware:
            self.returns[name, frame.f_code.co_name] += 1


def _ours(frame: FrameType) -> str | None:
    """The file of a frame, if it is one of the service's modules and more than the module's own import runs."""
    path = frame.f_code.co_filename
    if not path.startswith(f"{ROOT}/") or frame.f_code.co_name == "<module>":
        return None
    name = path.removeprefix(f"{ROOT}/")
    return name if name.startswith(tuple(f"{room}/" for room in ROOMS)) else None


def middleware() -> set[str]:
    """The files of ours that hold the middleware."""
    from django.conf import settings  # noqa: PLC0415  # they are named by the folder

    paths = (str(importlib.import_module(name.rpartition(".")[0]).__file__) for name in settings.MIDDLEWARE)
    return {path.removeprefix(f"{ROOT}/") for path in paths}


def journeys() -> dict[str, Journey]:
    """The requests that matter most, each once warm."""
    from django.test import Client  # noqa: PLC0415  # settings come first

    def send(method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = "" if body is None else json.dumps(body)
        answer: Any = client.generic(method, path, data, "application/json", headers=headers)
        assert answer.status_code < 400, (method, path, answer.content)
        return answer

    client = Client(SERVER_NAME="127.0.0.1")
    person = {"email": "ada@example.org", "password": "Analytical1843", "full_name": "Ada Lovelace"}
    token = send("POST", "/api/v1/auth/register", person).json()["access_token"]
    auth = {"authorization": f"Bearer {token}"}
    info = {"full_name": "Ada Lovelace", "email": "ada@example.org"}
    path = f"/api/v1/profiles/{send('POST', '/api/v1/profiles', {'personal_info': info}, **auth).json()['id']}"
    item = {"title": "Engineer", "company": "ACME", "start_date": "2019", "is_current": True}
    send("POST", f"{path}/experiences", [item] * 3, **auth)
    document = send("GET", path, **auth).json()
    requests: dict[str, tuple[str, str, Any]] = {
        "GET, a hit": ("GET", path, None),
        "bulk POST of 100": ("POST", f"{path}/experiences", [item] * 100),
        "GET, a miss": ("GET", path, None),
        "PUT": ("PUT", path, document),
    }
    found = {}
    for name, (method, address, body) in requests.items():
        if name == "PUT":
            send(method, address, {**body, "label": "Warm"}, **auth)
        elif name == "bulk POST of 100":
            send(method, address, body[:2], **auth)
        with Journey(middleware()) as journey:
            send(method, address, {**body, "label": "Other"} if name == "PUT" else body, **auth)
        found[name] = journey
    return found


def main() -> None:
    """Print all of it."""
    lines = modules()
    say = sys.stdout.write
    folders = Counter(str(path.parent) for path in lines if path.name != "__init__.py")
    say("modules a folder: " + ", ".join(f"{folder} {count}" for folder, count in folders.most_common()) + "\n")
    largest = max(lines, key=lambda path: lines[path])
    median = statistics.median(count for path, count in lines.items() if count)
    total, lengths = sum(lines.values()), f"median {median:.0f}, largest {lines[largest]}: {largest}"
    say(f"{total:,} lines in {len(lines)} files, {lengths}\n")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DEBUG": "true", "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "profiles_project.settings"}
        os.environ |= {"ALLOWED_HOSTS": "127.0.0.1", "RATELIMIT_ENABLE": "true"}
        sys.path.insert(0, str(ROOT))
        logging.disable()
        import django  # noqa: PLC0415  # settings come first
        from django.core.management import call_command  # noqa: PLC0415  # see above

        django.setup()
        call_command("migrate", verbosity=0)
        for name, journey in journeys().items():
            named = ", ".join(f"{file} {function}" for file, function in sorted(journey.returns))
            say(f"{name}: {len(journey.files)} files; {len(journey.returns)} functions come back, ")
            say(f"{journey.returns.total()} times in all" + (f": {named}\n" if named else "\n"))


if __name__ == "__main__":
    main()
