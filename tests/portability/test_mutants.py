"""Whatever stands in an archive, it is imported or refused with a reason of its own."""

import io
import os
from collections import Counter

import pytest

from profiles.portability import imports, kinds
from profiles.portability.merging import MERGE, Merge
from tests.support.documents.mutants import archives
from users.models import User

# A bounded run; ARCHIVES=20000 takes six minutes.
ARCHIVES = int(os.environ.get("ARCHIVES", "250"))
SEED = int(os.environ.get("SEED", "1"))


def outcome(data: bytes) -> str:
    """What becomes of an archive: it is imported, or the code of its refusal. Raises whatever is no refusal."""
    try:
        career = imports.from_archive(io.BytesIO(data), User(email="ines@example.org"))
    except imports.NotImportable as exc:
        return str(exc.slug)
    merged = Merge(kinds.SECTIONS, imports._EMPTY, career.reading.document(), {}, MERGE, imports.new_item_id).result()
    report = imports.in_words(career.report(merged.entries))
    assert all(part["detail"].endswith(".") for part in report["parts"])
    return "imported"


@pytest.mark.slow
def test_every_archive_is_imported_or_refused_by_a_known_code() -> None:
    found = Counter(map(outcome, archives(ARCHIVES, SEED)))
    assert found["imported"] > ARCHIVES / 3
    assert found.keys() <= {"imported", *imports.NotImportable.slugs} - {"not-importable"}
