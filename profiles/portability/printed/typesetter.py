"""Sets a career as PDF, in a process of its own: the sheet as JSON is its standard input, the PDF its standard output.

Its arguments: the template's path, the second of the epoch at which the PDF was made, how many bytes of memory and how
many seconds it may take, and three about fonts: a folder with them or "", the names of their families as JSON, and the
scripts of the sheet for which there is none, or "".

A process of its own, since typst keeps what it has set in memory: three careers with a megabyte of texts each left
690 MB in the process that asked, and a web worker should stay below 150. It can be ended when it takes too long or too
much, has no secret to give away, and imports nothing of the project. Nor does it import `json` and `pathlib`: to import
them took as long as to set half a page.
"""

import os
import resource
import sys

import typst

NO_FONTS = ("", "[]", "")
# Requests that are answered at once go first.
NICENESS = 10


def typeset(template: str, made: int, sheet: str, fonts: tuple[str, str, str] = NO_FONTS) -> bytes:
    """The PDF of a sheet; the rest as the process's arguments.

    Typst may read the template's folder only; the template imports no package, and all texts are data to it.
    """
    folder, families, missing = fonts
    compiler = typst.Compiler(
        template,
        root=os.path.dirname(template),  # noqa: PTH120  # as above: no pathlib
        font_paths=[folder] if folder else [],
        # To look through all fonts of the machine takes longer than to set a page.
        ignore_system_fonts=not missing,
        sys_inputs={"sheet": sheet, "families": families},
    )
    result = compiler.compile(format="pdf", timestamp=made)
    if not isinstance(result, bytes):  # what its types allow: pages as pictures, or a file that was written
        raise TypeError(f"Typst made no PDF but {type(result)}.")
    return result


if __name__ == "__main__":
    template, made, memory, seconds, folder, families, missing = sys.argv[1:]
    # The limit counts memory that is mapped, used or not.
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    sys.stdout.buffer.write(typeset(template, int(made), sys.stdin.buffer.read().decode(), (folder, families, missing)))
