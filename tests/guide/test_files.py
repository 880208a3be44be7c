"""What the guide tells its readers to copy can be had from the service itself."""

import io
import zipfile

import pytest
from django.conf import settings
from django.test import Client

from profiles_project.web.guide import files
from profiles_project.web.guide.rendering import address
from tests.support.service.live import ROOT

pytestmark = pytest.mark.pure


def test_the_client_that_the_guide_shows_can_be_read_and_copied(client: Client) -> None:
    answer = client.get("/guide/clients/python/profile_on_device.py")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content == (ROOT / "clients" / "python" / "profile_on_device.py").read_bytes()
    again = client.get("/guide/clients/python/profile_on_device.py", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_all_clients_come_in_one_archive_that_is_the_same_in_every_process(client: Client) -> None:
    answer = client.get("/guide/clients.zip")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        assert {"clients/README.md", "clients/service.ts", "clients/rxdb/replication.ts"} < names
        assert not any("node_modules" in name or "sdks" in name or "lock" in name for name in names)
        assert all(archive.read(f"clients/{path}") == content for path, content in files.files().items())
    files.archive.cache_clear()
    assert client.get("/guide/clients.zip").content == answer.content


@pytest.mark.parametrize(
    "path",
    [
        "",
        "sdks/package.json",
        "node_modules/rxdb/package.json",
        "../manage.py",
        "..%2Fmanage.py",
        "python",
        "%00",
        "x" * 999,
    ],
)
def test_nothing_else_is_handed_out(client: Client, path: str) -> None:
    assert client.get(f"/guide/clients/{path}").status_code == 404


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("../../clients/python/profile_on_device.py", "/guide/clients/python/profile_on_device.py"),
        ("../../clients/README.md", "/guide/clients/README.md"),
        ("../../clients/rxdb/", "/guide/clients.zip"),
        ("../../clients/", "/guide/clients.zip"),
        ("../../clients/sdks/package.json", None),
        ("../../CHANGELOG.md", None),
    ],
)
def test_a_link_to_what_can_be_copied_leads_there(target: str, shown: str | None) -> None:
    assert address(target) == shown


def test_the_image_has_what_is_shown() -> None:
    told = (ROOT / "Dockerfile").read_text()
    assert all(f"COPY {folder} {folder}\n" in told for folder in ("clients", "docs/guide"))
    assert settings.CLIENTS_DIR == ROOT / "clients"
