"""The form of CHANGELOG.md, «Keep a Changelog»."""

from datetime import date

import pytest

from releases import changelog

pytestmark = pytest.mark.pure

GOOD = """\
# Changelog

What changes.

## [Unreleased]

## [1.1.0] - 2027-01-02

### Added

- A thing.

### Fixed

- Another.

## [1.0.0] - 2026-11-28

### Added

- All.
"""


def test_a_changelog_in_its_form_has_no_fault() -> None:
    assert changelog.faults(GOOD) == []
    assert changelog.unreleased(GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## [Unreleased]\n\n", "", "The first section is not ## [Unreleased]."),
        ("[1.0.0] - 2026-11-28", "1.0.0", "«## 1.0.0» is no release with its date."),
        ("2026-11-28", "2026-11-31", "«## [1.0.0] - 2026-11-31» is no release with its date."),
        ("[1.0.0]", "[01.0.0]", "«## [01.0.0] - 2026-11-28» is no release with its date."),
        ("2027-01-02", "2026-01-02", "The release of 2026-01-02 stands before one that is newer."),
        ("[1.1.0]", "[0.9.0]", "The release of 2027-01-02 stands before one that is newer."),
        ("### Fixed", "### Mended", "## [1.1.0] - 2027-01-02: «Mended» is none of "),
        ("### Fixed", "### Added", "## [1.1.0] - 2027-01-02: «Added» stands there twice."),
        ("- Another.\n", "", "## [1.1.0] - 2027-01-02: «Fixed» is empty."),
        ("### Added\n\n- All.\n", "- All.\n", "## [1.0.0] - 2026-11-28: there is text before the first heading."),
        ("### Added\n\n- All.\n", "", "## [1.0.0] - 2026-11-28: it is empty."),
    ],
)
def test_each_fault_of_form_is_said(old: str, new: str, said: str) -> None:
    assert [each[: len(said)] for each in changelog.faults(GOOD.replace(old, new, 1))][:1] == [said]


def test_a_text_without_a_section_for_what_is_new_is_refused() -> None:
    with pytest.raises(ValueError, match="no section"):
        changelog.unreleased("# Changelog\n")


def test_a_section_is_found_by_its_own_line_alone() -> None:
    text = GOOD.replace("What changes.", "News go below ## [Unreleased]\nand nowhere else.")
    assert changelog.unreleased(text) == ""
    assert changelog.faults(changelog.with_release(text, "1.2.0", date(2027, 2, 1)))[0].startswith("## [1.2.0]")
