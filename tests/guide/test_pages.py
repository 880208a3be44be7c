"""The code of the guide's pages runs as it is printed, in each language, and gets the answers that the pages show."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.devices import CLIENTS, NODE
from tests.guide.answers import Came, bodies, differences, from_text
from tests.guide.pages import LANGUAGES, PAGES, Page
from tests.guide.sessions import run_python, run_shell, run_typescript
from tests.sdks.dart import Package
from tests.sdks.pages import dart_package
from tests.support.service.live import service, worker

pytestmark = pytest.mark.own_servers

# Code that is no session with a service, and where it is tried.
ELSEWHERE = {
    ("sdks", "sh"): "`make sdks` runs these generators",
}
SHELLS = ("bash", "dash", "zsh")
# All pages are tried from one address; what counts by person is limited as it is by default.
FROM_ONE_NETWORK = {
    "RATELIMIT_ENABLE": "true",
    "RATELIMIT_REGISTER": "1000/h",
    "RATELIMIT_LOGIN": "1000/m",
    "RATELIMIT_CHECK_EMAIL": "1000/m",
}


def pages(language: str) -> list[str]:
    """The pages whose code in a language is run here."""
    return [name for name, page in PAGES.items() if page.code(language) and (name, language) not in ELSEWHERE]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the service listens that all pages talk to."""
    folder = tmp_path_factory.mktemp("service")
    with service(folder, **FROM_ONE_NETWORK) as port, worker(folder):
        yield port


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", pages("sh"))
def test_a_pages_shell_lines_print_the_answers_that_it_shows(port: int, name: str, shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    page = PAGES[name]
    printed = run_shell(shell, page, port, tmp_path)
    assert_as_shown(page, "sh", [from_text(text) for text in printed])
    refused = [
        document
        for text, (_, answer) in zip(printed, page.code("sh"), strict=True)
        for document in bodies(text)
        if Came(body=document).is_refusal and not (answer and from_text(answer.text).is_refusal)
    ]
    assert refused == [], "a refusal that the page does not show"


@pytest.mark.parametrize("name", pages("python"))
def test_a_pages_python_gets_the_answers_that_it_shows(port: int, name: str, tmp_path: Path) -> None:
    assert_as_shown(PAGES[name], "python", run_python(PAGES[name], port, tmp_path))


@pytest.mark.parametrize("name", pages("typescript"))
def test_a_pages_typescript_gets_the_answers_that_it_shows(port: int, name: str, tmp_path: Path) -> None:
    assert_as_shown(PAGES[name], "typescript", run_typescript(PAGES[name], port, tmp_path))


def assert_as_shown(page: Page, language: str, came: list[Came]) -> None:
    """Each block got the answer that the page shows behind it."""
    blocks = page.code(language)
    assert len(came) == len(blocks)
    wrong = {
        text.strip().splitlines()[-1]: found
        for (text, answer), one in zip(blocks, came, strict=True)
        if answer and (found := differences(answer, one))
    }
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_typescript_on_the_pages_passes_the_strict_compiler(tmp_path: Path) -> None:
    (tmp_path / "nothing.ts").touch()
    for name in pages("typescript"):
        text = "\n".join(text for text, _ in PAGES[name].code("typescript"))
        (tmp_path / f"{name}.ts").write_text(f"{text}\nexport {{}}\n")
    options = {
        "extends": str(CLIENTS / "tsconfig.json"),
        "compilerOptions": {"typeRoots": [str(CLIENTS / "node_modules/@types")], "noUnusedLocals": False},
        "include": ["*.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(options))
    compiler = CLIENTS / "node_modules/typescript/bin/tsc"
    done = subprocess.run([NODE, compiler, "-p", tmp_path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_dart_on_the_pages_is_dart_that_knows_its_types(tmp_path: Path) -> None:
    dart_package([PAGES[name] for name in pages("dart")], tmp_path)
    assert Package(tmp_path).faults() == []


def test_a_step_in_several_languages_is_there_in_all() -> None:
    lacking = {
        (name, step.code[0].text): sorted(set(LANGUAGES) - {block.language for block in step.code})
        for name, page in PAGES.items()
        for step in page.steps
        if len(step.code) > 1
    }
    assert {place: languages for place, languages in lacking.items() if languages} == {}


def test_a_step_has_each_language_once_so_that_no_tab_comes_twice() -> None:
    twice = [
        (name, step.code[0].text)
        for name, page in PAGES.items()
        for step in page.steps
        if len(step.code) > len({block.language for block in step.code})
    ]
    assert twice == [], "say something between two steps"


def test_a_page_that_is_tried_elsewhere_is_there() -> None:
    assert [(name, language) for name, language in ELSEWHERE if not PAGES[name].code(language)] == []
