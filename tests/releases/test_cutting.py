"""`make release`: what it refuses, and what it leaves in a repository."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from releases import ACCEPTED, DOCUMENT, RELEASED, changelog, versions
from releases.cutting import CHANGELOG, NOTHING_ACCEPTED, Refused, cut

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(shutil.which("git") is None, reason="a release is a commit, which needs git"),
]

TODAY = date(2026, 11, 28)
GIT = shutil.which("git") or "git"
NEWS = """\
# Changelog

## [Unreleased]

### Added

- Something.
"""


class Repository:
    """A repository with what a release is cut from; `paths` is what the code says of the API."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: dict[str, Any] = {"/a": {"get": {"operationId": "a_read", "responses": {"204": {}}}}}
        for name in (versions.FILE, RELEASED):
            (root / name).parent.mkdir(parents=True)
        (root / versions.FILE).write_text('"""The service."""\n\n# The release.\nVERSION = "0.1.0"\n')
        (root / CHANGELOG).write_text(NEWS)
        (root / ACCEPTED).write_text(NOTHING_ACCEPTED)
        self.make_document()
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("The service")

    def git(self, *arguments: str) -> str:
        done = subprocess.run([GIT, *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def make_document(self) -> None:
        info = {"title": "A", "version": versions.current(self.root)}
        document = {"openapi": "3.1.1", "info": info, "paths": self.paths}
        (self.root / DOCUMENT).write_text(yaml.safe_dump(document, sort_keys=False))

    def cut(self, version: str, today: date = TODAY, make: Callable[[], None] | None = None) -> None:
        cut(self.root, version, today, make or self.make_document)

    def change(self, **paths: Any) -> None:
        """Commit that the API is another, and a line that says so."""
        self.paths = {f"/{name}": item for name, item in paths.items()}
        self.make_document()
        text = self.read(CHANGELOG)
        self.write(CHANGELOG, text.replace("[Unreleased]\n", "[Unreleased]\n\n### Changed\n\n- The API.\n", 1))
        self.commit("Another API")

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    @property
    def state(self) -> tuple[str, str, str]:
        """Where it is, what is not committed, and the tags."""
        return self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return Repository(tmp_path)


def test_a_release_is_one_commit_with_version_date_and_document_and_a_tag(repository: Repository) -> None:
    before = repository.git("rev-parse", "HEAD")
    repository.cut("1.0.0")
    assert repository.git("rev-parse", "HEAD~1") == before
    assert repository.git("log", "-1", "--format=%s") == "Release 1.0.0"
    assert repository.git("rev-parse", "v1.0.0^{commit}") == repository.git("rev-parse", "HEAD")
    assert repository.git("cat-file", "-t", "v1.0.0") == "tag"
    assert repository.git("status", "--porcelain") == ""
    assert repository.read(versions.FILE) == '"""The service."""\n\n# The release.\nVERSION = "1.0.0"\n'
    assert repository.read(CHANGELOG) == (
        "# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2026-11-28\n\n### Added\n\n- Something.\n"
    )
    assert repository.read(RELEASED) == repository.read(DOCUMENT)
    assert yaml.safe_load(repository.read(RELEASED))["info"]["version"] == "1.0.0"


def refused(repository: Repository, version: str, make: Callable[[], None] | None = None) -> str:
    """Why no release was cut, and nothing was changed."""
    before = repository.state
    with pytest.raises(Refused) as refusal:
        repository.cut(version, make=make)
    assert repository.state == before
    return str(refusal.value)


@pytest.mark.parametrize("name", [versions.FILE, "new.txt"])
def test_a_tree_with_changes_is_refused(repository: Repository, name: str) -> None:
    repository.write(name, 'VERSION = "0.1.0"')
    assert refused(repository, "1.0.0").startswith("There are changes that are not committed")


@pytest.mark.parametrize(
    "version", ["", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-rc.1", "1.0.0+a", "1.0.x", "1.0.0\n", "१.0.0"]
)
def test_what_is_no_version_is_refused(repository: Repository, version: str) -> None:
    assert refused(repository, version).startswith(f"«{version}» is no version")


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.0.10"])
def test_a_version_that_is_not_newer_is_refused(repository: Repository, version: str) -> None:
    assert refused(repository, version) == f"{version} is not newer than 0.1.0, which is the last release."


def test_ten_is_newer_than_nine(repository: Repository) -> None:
    versions.write(repository.root, "1.9.0")
    repository.make_document()
    repository.commit("As if released")
    repository.cut("1.10.0")
    assert repository.git("tag") == "v1.10.0"


def test_a_tag_that_is_there_is_refused(repository: Repository) -> None:
    repository.git("tag", "v1.0.0")
    assert refused(repository, "1.0.0") == "The tag v1.0.0 is there already."


def test_a_release_without_news_is_refused(repository: Repository) -> None:
    repository.cut("1.0.0")
    assert refused(repository, "1.0.1").startswith("CHANGELOG.md has nothing under «Unreleased»")


def test_a_changelog_out_of_form_is_refused(repository: Repository) -> None:
    repository.write(CHANGELOG, NEWS.replace("Added", "News"))
    repository.commit("News")
    assert "«News» is none of Added" in refused(repository, "1.0.0")


def test_a_day_before_the_last_release_is_refused(repository: Repository) -> None:
    repository.cut("1.0.0")
    repository.change(a={"get": {"operationId": "a_read", "responses": {"204": {}}}})
    before = repository.state
    with pytest.raises(Refused, match="does not fit into"):
        repository.cut("1.1.0", date(2026, 11, 27))
    assert repository.state == before


def test_what_breaks_clients_needs_a_new_major_version(repository: Repository) -> None:
    repository.cut("1.0.0")
    repository.change(b={"get": {"operationId": "b_read", "responses": {"204": {}}}})
    assert refused(repository, "1.1.0") == (
        "This breaks clients of 1.0.0, so it needs a new major version:\n- GET /a is gone."
    )
    repository.cut("2.0.0")
    assert repository.git("tag").split() == ["v1.0.0", "v2.0.0"]
    # What comes next is compared with this release.
    assert list(yaml.safe_load(repository.read(RELEASED))["paths"]) == ["/b"]


def test_what_breaks_nobody_is_a_minor_version(repository: Repository) -> None:
    repository.cut("1.0.0")
    repository.change(a=repository.paths["/a"], b={"get": {"operationId": "b_read", "responses": {"204": {}}}})
    repository.cut("1.1.0", date(2027, 2, 1))
    assert changelog.faults(repository.read(CHANGELOG)) == []
    assert "## [1.1.0] - 2027-02-01\n\n### Changed\n\n- The API.\n\n## [1.0.0]" in repository.read(CHANGELOG)


def argue(repository: Repository, table: str) -> None:
    reason = '"GET /a is gone." = "It never answered anything but 404."\n'
    repository.write(ACCEPTED, NOTHING_ACCEPTED.replace(f"[{table}]\n", f"[{table}]\n{reason}"))
    repository.change(b={})


def test_a_break_that_harms_nobody_is_let_pass_until_the_release(repository: Repository) -> None:
    repository.cut("1.0.0")
    argue(repository, "harmless")
    repository.cut("1.0.1")
    assert repository.read(ACCEPTED) == NOTHING_ACCEPTED


def test_a_break_that_is_meant_needs_a_new_major_version_all_the_same(repository: Repository) -> None:
    repository.cut("1.0.0")
    argue(repository, "major")
    assert "- GET /a is gone." in refused(repository, "1.1.0")
    repository.cut("2.0.0")
    assert repository.read(ACCEPTED) == NOTHING_ACCEPTED


def test_a_document_that_is_not_what_the_code_says_is_refused(repository: Repository) -> None:
    repository.paths["/b"] = {}
    assert refused(repository, "1.0.0").startswith("openapi.yaml is not what the code says")


def test_a_document_that_tells_another_version_is_refused(repository: Repository) -> None:
    assert refused(repository, "1.0.0", lambda: None).startswith("openapi.yaml is not what the code says")


@pytest.mark.parametrize("hook", ["pre-commit", "reference-transaction"])
def test_a_release_that_git_refuses_leaves_nothing(repository: Repository, hook: str) -> None:
    path = repository.root / ".git" / "hooks" / hook
    path.parent.mkdir(exist_ok=True)
    # The second one lets the commit pass and refuses the tag.
    path.write_text("#!/bin/sh\n" + ("exit 1\n" if hook == "pre-commit" else "! grep -q refs/tags/\n"))
    path.chmod(0o755)
    assert "failed" in refused(repository, "1.0.0")


def test_a_writer_that_is_interrupted_leaves_nothing(repository: Repository) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    before = repository.state
    with pytest.raises(KeyboardInterrupt):
        repository.cut("1.0.0", make=interrupted)
    assert repository.state == before


def test_nothing_is_pushed(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    remote = tmp_path_factory.mktemp("remote")
    repository.git("init", "--quiet", "--bare", str(remote))
    repository.git("remote", "add", "origin", str(remote))
    repository.git("push", "--quiet", "--set-upstream", "origin", "main")
    repository.git("config", "push.followTags", "true")
    before = repository.git("ls-remote", "origin")
    repository.cut("1.0.0")
    assert repository.git("ls-remote", "origin") == before
