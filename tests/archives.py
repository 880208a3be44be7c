"""Archives as LinkedIn gives them, zipped from the sample files or from what a test makes up."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).with_name("data")


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of files by their names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def sample(folder: str = "linkedin", **changes: str) -> bytes:
    """The sample archive of a folder below tests/data; `changes` replace files, by their names without the ending."""
    files: dict[str, str | bytes] = {path.name: path.read_bytes() for path in sorted((DATA / folder).glob("*.csv"))}
    return zipped(files | {f"{name}.csv": text for name, text in changes.items()})
