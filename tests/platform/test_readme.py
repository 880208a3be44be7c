"""README's session prints what README says: as a script, typed and pasted, and with a sentence where it is refused."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.service.live import service, worker
from tests.support.terminal import PASTING, SHELLS, terminal

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
SESSION = "".join(BLOCKS)
SHOWN = "".join(re.findall(r"```text\n(.*?)```", README, re.DOTALL)).splitlines()
SECONDS = 60

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the session is written for curl")


def in_each_of(shells: Iterable[str]) -> pytest.MarkDecorator:
    """Run the test in each of the shells that this machine has."""
    lacking = {name: pytest.mark.skipif(shutil.which(name) is None, reason=f"no {name}") for name in shells}
    return pytest.mark.parametrize("shell", [pytest.param(name, marks=mark) for name, mark in lacking.items()])


def test_nothing_in_the_session_means_something_else_to_another_shell() -> None:
    # Where zsh is typed into it takes no comments; ! is history there and in bash; after su /dev/stderr is not ours.
    assert re.findall(r"^.*(?:(?:^|\s)#|!|/dev/std).*$", SESSION, re.MULTILINE) == []
    unquoted = re.sub(r"'[^']*'|\"[^\"]*\"", "", SESSION)
    assert "API=http" in unquoted
    # Patterns, which zsh takes for an error where no file matches.
    assert re.findall(r"[?\[]", unquoted) == []
    assert SESSION.isascii()


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the session needs of its environment, while a service with its worker runs for all of this module's."""
    folder = tmp_path_factory.mktemp("service")
    limits = {"RATELIMIT_REGISTER": "1000/h"}
    with service(folder, **limits) as port, worker(folder, **limits):
        yield {"PORT": str(port)}


def run_script(shell: str, variables: dict[str, str], folder: Path, *options: str, blocks: int | None = None) -> str:
    """Run the session, or its first blocks, in one go; what it printed."""
    environment = {**os.environ, **variables, "TMPDIR": str(folder)}
    done = subprocess.run(
        [shell, *options, "-c", "".join(BLOCKS[:blocks])],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check="-e" in options,
    )
    return done.stdout


def missing(printed: str) -> list[str]:
    """The lines that README shows and that are not printed, or not in this order; … stands for anything."""
    lines = iter(line.strip("\r") for line in printed.split("\n"))
    return [
        shown for shown in SHOWN if not any(re.fullmatch(re.escape(shown).replace("…", ".*"), line) for line in lines)
    ]


def assert_all_is_shown(printed: str, folder: Path) -> None:
    """Everything that README shows was printed in its order, no other refusal, and the PDF is one."""
    assert missing(printed) == []
    assert re.findall(r"^\r*([45]\d\d [A-Z].*?)\r*$", printed, re.MULTILINE) == ["412 Precondition Failed"]
    (resume,) = folder.glob("*/resume.pdf")
    assert resume.read_bytes().startswith(b"%PDF")


@pytest.mark.own_servers
@needs_curl
@in_each_of(SHELLS)
def test_the_session_prints_what_is_shown_when_it_is_a_script(
    shell: str, variables: dict[str, str], tmp_path: Path
) -> None:
    assert_all_is_shown(run_script(shell, variables, tmp_path, "-e", "-u"), tmp_path)


@pytest.mark.own_servers
@needs_curl
@in_each_of(SHELLS)
def test_the_session_prints_what_is_shown_when_it_is_typed(
    shell: str, variables: dict[str, str], tmp_path: Path
) -> None:
    with terminal(shell, tmp_path, {**variables, "TMPDIR": str(tmp_path)}) as at:
        for block in BLOCKS:
            at.type(block)
    assert_all_is_shown(at.screen, tmp_path)


@pytest.mark.own_servers
@needs_curl
@in_each_of(PASTING)
def test_the_session_prints_what_is_shown_when_it_is_pasted(
    shell: str, variables: dict[str, str], tmp_path: Path
) -> None:
    with terminal(shell, tmp_path, {**variables, "TMPDIR": str(tmp_path)}) as at:
        for block in BLOCKS:
            at.paste(block)
    assert_all_is_shown(at.screen, tmp_path)


@pytest.mark.own_servers
@needs_curl
def test_a_session_over_a_limit_prints_the_services_sentences_and_ends(tmp_path: Path) -> None:
    with service(tmp_path, RATELIMIT_ENABLE="true", RATELIMIT_REGISTER="1/h") as port:
        given = {"PORT": str(port)}
        assert run_script("sh", given, tmp_path, blocks=2) == "201 Created\n"
        printed = run_script("sh", given, tmp_path)
    first, sentence, *_ = printed.splitlines()
    assert first == "429 Too Many Requests"
    assert re.fullmatch(r"[A-Z][^{}]+\.", sentence)
    assert "Traceback" not in printed


@pytest.mark.own_servers
@needs_curl
@in_each_of(SHELLS)
def test_a_session_without_a_service_prints_what_curl_says_and_ends(shell: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    printed = run_script(shell, {"PORT": str(port)}, tmp_path)
    assert set(re.findall(r"^curl: \(\d+\)", printed, re.MULTILINE)) == {"curl: (7)"}
    assert [line for line in printed.splitlines() if not line.startswith("curl: ")] == ["000 "]
