"""`python tests/sdks/dart.py FOLDER`: checks a generated package in Dart without a Dart SDK.

Its sources are parsed with the grammar of tree-sitter. Syntax must be right, imports and parts must lead to files or to
packages of pubspec.yaml, and each type must be defined: in the library itself, in one that it imports, or in Dart's
core. Types of expressions are not worked out, so this is less than a compiler finds.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import tree_sitter_dart
import yaml
from tree_sitter import Language, Node, Parser

# The names that each library beyond the package has, as far as generated sources use them.
NAMES: dict[str, frozenset[str]] = {
    library: frozenset(names.split())
    for library, names in yaml.safe_load(Path(__file__).with_name("dart_names.yaml").read_text()).items()
}
PARSER = Parser(Language(tree_sitter_dart.language()))
# What build_runner writes when an app is built: files, and names in them.
BUILT_FILE = ".g.dart"
BUILT_NAME = "_$"
BUILT_CLASS = re.compile(r"\bBuilt<\w+, (\w+)>")

DECLARATIONS = {
    "class_definition",
    "enum_declaration",
    "extension_declaration",
    "extension_type_declaration",
    "mixin_application_class",
    "mixin_declaration",
    "type_alias",
    "type_parameter",
}
# Below these an identifier is a member, a name of an argument or of a library, or what is about to be declared.
NO_TYPES = {
    "cascade_selector",
    "combinator",
    "conditional_assignable_selector",
    "dotted_identifier_list",
    "enum_constant",
    "import_specification",
    "label",
    "unconditional_assignable_selector",
}


@dataclass
class Source:
    """A file: what it imports (by which prefixes), exports and consists of, which types it declares, and which it uses
    in which line.
    """

    path: Path
    faults: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    prefixes: set[str] = field(default_factory=set)
    exports: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    used: dict[str, int] = field(default_factory=dict)

    @property
    def is_built(self) -> bool:
        """Whether build_runner adds a part to it."""
        return any(part.endswith(BUILT_FILE) for part in self.parts)


def read(path: Path) -> Source:
    """The file, parsed."""
    source = Source(path)
    for node in _nodes(PARSER.parse(path.read_bytes()).root_node):
        _note(source, node)
    return source


def _nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _note(source: Source, node: Node) -> None:
    """Note what the node says of its file."""
    line = node.start_point.row + 1
    directives = {"library_import": source.imports, "library_export": source.exports, "part_directive": source.parts}
    if node.is_error or node.is_missing:
        source.faults.append(f"{line}: syntax error at {_text(node)[:40]!r}")
    elif node.type in directives:
        directives[node.type].append(_uri(node))
    elif node.type == "import_specification":
        source.prefixes |= {_text(child) for child in node.children if child.type == "identifier"}
    elif node.type in DECLARATIONS:
        source.declared |= _declared(node)
    elif _names_type(node):
        source.used.setdefault(_text(node), line)


def _uri(directive: Node) -> str:
    """The address that a directive names, without its quotes."""
    return next(_text(node).strip("'\"") for node in _nodes(directive) if node.type == "string_literal")


def _declared(node: Node) -> set[str]:
    """The name that the declaration makes, and of a class of built_value that of its builder."""
    name = next((child for child in node.children if child.type in {"identifier", "type_identifier"}), None)
    header = _text(node).partition("{")[0]
    return {_text(name)} | set(BUILT_CLASS.findall(header)) if name else set()


def _names_type(node: Node) -> bool:
    """Whether it is a type's name: by the grammar, or in an expression, as in a constructor's call, by its capital."""
    if node.type == "type_identifier":
        return True
    capital = _text(node).lstrip("_$")[:1].isupper()
    return node.type == "identifier" and capital and node.parent is not None and node.parent.type not in NO_TYPES


class Package:
    """A package as the generators write it: `pubspec.yaml`, and sources below `lib`."""

    def __init__(self, folder: Path) -> None:
        pubspec = cast("dict[str, Any]", yaml.safe_load((folder / "pubspec.yaml").read_text()))
        self.lib = folder.resolve() / "lib"
        self.name = pubspec["name"]
        self.dependencies = set(pubspec.get("dependencies") or ())
        self.is_built = "build_runner" in (pubspec.get("dev_dependencies") or ())
        self.sources = {path: read(path) for path in sorted(self.lib.rglob("*.dart"))}
        self.library_of = {path: path for path in self.sources}
        for path, source in self.sources.items():
            self.library_of.update({self.file(path, part): path for part in source.parts})

    def file(self, near: Path, uri: str) -> Path:
        """The file of this package that the address names in the file `near`."""
        own = f"package:{self.name}/"
        return self.lib / uri.removeprefix(own) if uri.startswith(own) else (near.parent / uri).resolve()

    def is_foreign(self, uri: str) -> bool:
        """Whether the address names a library of Dart or of another package."""
        return uri.startswith("dart:") or (uri.startswith("package:") and not uri.startswith(f"package:{self.name}/"))

    def faults(self) -> list[str]:
        """What is wrong with it, each with file and line."""
        return [
            f"{source.path.relative_to(self.lib)}:{fault}"
            for source in self.sources.values()
            for fault in [*source.faults, *self._lost_addresses(source), *self._undefined(source)]
        ]

    def _lost_addresses(self, source: Source) -> Iterator[str]:
        for uri in [*source.imports, *source.exports, *source.parts]:
            package = uri.removeprefix("package:").partition("/")[0]
            if self.is_built and uri in source.parts and uri.endswith(BUILT_FILE):
                continue
            if not self.is_foreign(uri):
                if self.file(source.path, uri) not in self.sources:
                    yield f"1: no file is at {uri}"
            elif uri not in NAMES:
                yield f"1: nothing is known of {uri}"
            elif uri.startswith("package:") and package not in self.dependencies:
                yield f"1: pubspec.yaml does not name {package}"

    def _undefined(self, source: Source) -> Iterator[str]:
        library = self.sources[self.library_of[source.path]]
        visible = NAMES["dart:core"] | self._own(library) | library.prefixes | {"_"}
        for uri in library.imports:
            visible |= self._exported(library.path, uri, frozenset())
        for name, line in source.used.items():
            if name not in visible and not (library.is_built and name.startswith(BUILT_NAME)):
                yield f"{line}: {name} is defined nowhere that this file sees"

    def _own(self, library: Source) -> set[str]:
        """What the library and its parts declare."""
        parts = (self.file(library.path, part) for part in library.parts)
        return library.declared.union(*(self.sources[part].declared for part in parts if part in self.sources))

    def _exported(self, near: Path, uri: str, seen: frozenset[Path]) -> set[str]:
        """What a library shows to those that import it, with what it exports of others."""
        path = self.file(near, uri)
        if self.is_foreign(uri) or path not in self.sources or path in seen:
            return set(NAMES.get(uri, ()))
        library = self.sources[path]
        passed_on = (self._exported(path, export, seen | {path}) for export in library.exports)
        return self._own(library).union(*passed_on)


def main(folder: str) -> int:
    """The exit code: 0 if nothing is wrong with the package."""
    package = Package(Path(folder))
    faults = package.faults()
    sys.stdout.write("".join(f"{line}\n" for line in [*faults, f"{len(package.sources)} files, {len(faults)} faults"]))
    return 1 if faults or not package.sources else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
