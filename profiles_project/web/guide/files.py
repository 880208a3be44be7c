"""What developers of apps copy: the files below clients/, one by one and all together, read once a process."""

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath

from django.conf import settings

from profiles_project.web.kept import Kept

ARCHIVE = "clients.zip"
# The folders of clients/ with code to copy, and what lies beside them.
FOLDERS = (".", "python", "rxdb", "watermelondb")
ENDINGS = {".py", ".ts", ".md"}
# With what the code was tried, for the versions.
OTHERS = {"package.json", "tsconfig.json"}
# The oldest time that a ZIP can name, so that all processes make the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


@cache
def files() -> Mapping[str, bytes]:
    """The files by their paths below clients/, `rxdb/replication.ts` for one."""
    found = (path for folder in FOLDERS for path in sorted((settings.CLIENTS_DIR / folder).glob("*")))
    shown = (path for path in found if (path.suffix in ENDINGS or path.name in OTHERS) and path.stat().st_size)
    return {path.relative_to(settings.CLIENTS_DIR).as_posix(): path.read_bytes() for path in shown}


@cache
def text(path: str) -> Kept | None:
    """A file as it is read in a browser; None where there is none."""
    content = files().get(path)
    return None if content is None else Kept.of(content)


@cache
def archive() -> Kept:
    """All files in a ZIP, in a folder of the same name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in files().items():
            packed.writestr(zipfile.ZipInfo(f"clients/{path}", _TIME), content, zipfile.ZIP_DEFLATED)
    return Kept.of(buffer.getvalue())


def address(target: str) -> str | None:
    """Where a link to something below clients/ leads on the service; None for what is not shown."""
    parts = PurePosixPath(target).parts
    if "clients" not in parts:
        return None
    path = "/".join(parts[parts.index("clients") + 1 :]) or "."
    if path in files():
        return f"/guide/clients/{path}"
    return f"/guide/{ARCHIVE}" if path in FOLDERS else None
