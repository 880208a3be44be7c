"""The Kotlin and the Dart of the guide's pages as sources that a compiler can read: a program for each page."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.guide.pages import Page, at

PUBSPEC = "name: guide\ndependencies: {http: '>=1.0.0', uuid: '>=4.0.0'}\n"
IMPORT = re.compile(r"^import .*\n", re.MULTILINE)


def dart_package(pages: Iterable[Page], folder: Path) -> None:
    """Write a package in which each page is a library: its imports, and its blocks in order as `main`."""
    (folder / "lib").mkdir()
    (folder / "pubspec.yaml").write_text(PUBSPEC)
    for page in pages:
        imports, body = _parted(page, "dart")
        text = f"{imports}\nFuture<void> main() async {{\n{body}\n}}\n"
        (folder / "lib" / f"{page.name.replace('-', '_')}.dart").write_text(text)


def kotlin_sources(pages: Iterable[Page], folder: Path, port: int) -> list[str]:
    """Write a program for each page: its imports, and its blocks in order as `main`. The names of the classes to run.

    They ask the service that listens at the port.
    """
    classes = []
    for page in pages:
        package = "guide." + page.name.replace("-", "_")
        imports, body = _parted(page, "kotlin")
        text = f'@file:JvmName("Main")\npackage {package}\n\n{imports}\nfun main() {{\n{body}\n}}\n'
        (folder / f"{page.name}.kt").write_text(at(text, port))
        classes.append(f"{package}.Main")
    return classes


def _parted(page: Page, language: str) -> tuple[str, str]:
    """The imports of a page's blocks, and what else stands in them."""
    text = "\n".join(text for text, _ in page.code(language))
    return "".join(dict.fromkeys(IMPORT.findall(text))), IMPORT.sub("", text)
