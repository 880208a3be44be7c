"""A shell at a terminal, as somebody sits before it who types or pastes."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# What each shell is started with, so that nobody's own settings change what it does.
SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "dash": ("dash", "-i"),
    "zsh": ("zsh", "-f", "-i"),
}
# Those that are told by the terminal what is pasted; dash takes a paste as typed lines.
PASTING = ("bash", "zsh")
READY, MORE = "ready> ", "more> "
SECONDS = 90
# A shell that draws its prompt anew goes on after it at once.
QUIET_SECONDS = 0.03
# The terminal is made by a process of its own: one that has threads, as the tests' may, can't fork safely.
IN_A_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Terminal:
    """What is typed and pasted, and what the screen has shown since it was begun."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._keys, self._shown = process.stdin.fileno(), process.stdout.fileno()
        self.screen = ""
        self._wait(READY)

    def type(self, block: str) -> None:
        """Type each line when the shell asks for it."""
        for line in block.splitlines():
            self._press(f"{line}\n")
            self._wait(READY, MORE)

    def paste(self, block: str) -> None:
        """Paste all lines at once, then press Enter."""
        self._press(f"\x1b[200~{block.rstrip()}\x1b[201~\n")
        self._wait(READY)

    def _press(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def _wait(self, *prompts: str) -> None:
        """Read until the shell asks for the next line, or is quiet for too long."""
        raw, text, deadline = b"", "", time.monotonic() + SECONDS
        while not (text.endswith(prompts) and not self._says_more(QUIET_SECONDS)):
            if not self._says_more(deadline - time.monotonic()):
                raise AssertionError(f"The shell does not ask for the next line:\n{self.screen}{text}")
            raw += os.read(self._shown, 65536)
            text = CONTROL.sub("", raw.decode(errors="replace"))
        self.screen += text

    def _says_more(self, seconds: float) -> bool:
        return bool(select.select([self._shown], [], [], max(0.0, seconds))[0])


@contextmanager
def terminal(shell: str, home: Path, variables: Mapping[str, str]) -> Iterator[Terminal]:
    """The shell, interactive, in the present folder and with nobody's settings; it ends with the block."""
    prompts = {"PS1": READY, "PS2": MORE, "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, *SHELLS[shell]],
        env={**os.environ, **variables, **prompts},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield Terminal(process)
        finally:
            process.kill()  # the terminal goes with it, and the shell with the terminal
