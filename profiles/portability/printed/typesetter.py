"""Sets a career as PDF, in a process of its own: the template's path, the date, how many bytes of memory and seconds it
may take, and the fonts as JSON as arguments, the sheet as JSON on standard input, the PDF on standard
output.

A process of its own, since typst keeps what it has set in memory: three careers with a megabyte of texts each left
690 MB in the process that asked, and a web worker should stay below 150. It can be ended when it takes too long or too
much, has no secret to give away, and imports nothing of the project.
"""

import json
import os
import resource
import sys
from pathlib import Path

import typst

# A folder with fonts, the names of families in it, and the scripts for which there is none.
NO_FONTS = '["", [], []]'
# Requests that are answered at once go first.
NICENESS = 10


def typeset(template: Path, made: int, sheet: str, fonts: str = NO_FONTS) -> bytes:
    """The PDF of a sheet, which was made at a second of the epoch.

    Typst may read the template's folder only; the template imports no package, and all texts are data to it.
    """
    folder, families, missing = json.loads(fonts)
    compiler = typst.Compiler(
        str(template),
        root=str(template.parent),
        font_paths=[folder] if folder else [],
        # To look through all fonts of the machine takes longer than to set a page.
        ignore_system_fonts=not missing,
        sys_inputs={"sheet": sheet, "families": json.dumps(families)},
    )
    result = compiler.compile(format="pdf", timestamp=made)
    if not isinstance(result, bytes):  # what its types allow: pages as pictures, or a file that was written
        raise TypeError(f"Typst made no PDF but {type(result)}.")
    return result


if __name__ == "__main__":
    memory, seconds = int(sys.argv[3]), int(sys.argv[4])
    # The limit counts memory that is mapped, used or not.
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    sys.stdout.buffer.write(typeset(Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer.read().decode(), sys.argv[5]))
