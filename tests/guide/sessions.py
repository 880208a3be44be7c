"""Runs the blocks of a page in order, in one shell or as one script; what each of them brought."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.clients.devices import NODE
from tests.guide.answers import Came, bodies
from tests.guide.pages import Page, at
from tests.support.service.live import ROOT

HERE = Path(__file__).parent
LIMIT_SECONDS = 60
# A line that begins with it is for the test: an answer that was heard, or the end of a block.
MARK = "\x1e"
END = {"end": True}


def run_shell(shell: str, page: Page, port: int, folder: Path) -> list[str]:
    """Run the page's shell lines in one session that ends with the first fault; what each block has printed."""
    blocks = [text for text, _ in page.code("sh")]
    mark = rf"printf '\n\036%s\n' '{json.dumps(END)}'"
    # Pages put the second into e-mail addresses, so that a reader may begin anew; two sessions fit into one second.
    clock = f"date() {{ echo {time.time_ns()}; }}"
    session = "\n".join([clock, *(f"{text}\n{mark}" for text in blocks)])
    environment = {**os.environ, "PORT": str(port), "TMPDIR": str(folder)}
    printed = _run([shell, "-euc", session], environment)
    return printed.split(f"\n{MARK}{json.dumps(END)}\n")[: len(blocks)]


def run_python(page: Page, port: int, folder: Path) -> list[Came]:
    """Run the page's Python as one script; the last answer that each block got."""
    mark = f"print({MARK + json.dumps(END)!r}, flush=True)"
    blocks = [f"{text}\n{mark}\n" for text, _ in page.code("python")]
    script = folder / f"{page.name.replace('-', '_')}.py"
    script.write_text(at("\n".join([(HERE / "heard.py").read_text(), *blocks]), port))
    return _heard(_run([sys.executable, "-W", "error", str(script)], dict(os.environ)))


def run_typescript(page: Page, port: int, folder: Path) -> list[Came]:
    """Run the page's TypeScript as one module in Node, which strips the types; the last answer that each block got."""
    mark = f"console.log({json.dumps(MARK + json.dumps(END))})"
    blocks = [f"{text}\n{mark}\n" for text, _ in page.code("typescript")]
    script = folder / f"{page.name}.mts"
    script.write_text(at("\n".join(blocks), port))
    return _heard(_run([str(NODE), "--import", str(HERE / "heard.mjs"), str(script)], dict(os.environ)))


def _run(command: list[str], environment: dict[str, str]) -> str:
    """What a command has printed, which must end well."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, timeout=LIMIT_SECONDS, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def _heard(printed: str) -> list[Came]:
    """The last answer of each block."""
    blocks, last = [], Came()
    for line in printed.split("\n"):
        told: dict[str, Any] = json.loads(line[1:]) if line.startswith(MARK) else {}
        if told == END:
            blocks.append(last)
            last = Came()
        elif told:
            is_json = "json" in told["headers"].get("content-type", "")
            body = told["body"].encode("latin-1").decode(errors="replace") if is_json else ""
            last = Came(told["status"], told["headers"], next(bodies(body), None))
    return blocks
