"""What the check of SDKs in Dart finds in a small package, and what it lets pass."""

from pathlib import Path

import pytest

from tests.sdks.dart import Package, main

pytestmark = pytest.mark.pure

PUBSPEC = """
name: profiles
dependencies: {http: '>=0.13.0', built_value: '>=8.4.0', one_of: '>=1.5.0'}
dev_dependencies: {build_runner: any}
"""
CLIENT = """
library profiles.client;

import 'dart:typed_data';
import 'package:http/http.dart';
import 'package:profiles/src/kinds.dart';
part 'src/award.dart';

class AwardsApi<T> {
  AwardsApi(this.client);
  final Client client;
  static const first = Kind.award;

  Future<List<Award>?> list(Map<String, T> query, Uint8List body) async {
    final response = await client.get(Uri.https('example.org'));
    return response.statusCode == 200 ? <Award>[Award(title: Kind.award.name)] : null;
  }
}
"""
AWARD = """
part of profiles.client;

class Award {
  Award({required this.title});
  final String title;
}
"""
KINDS = "export 'built.dart';\nenum Kind { award, skill }\n"
BUILT = """
import 'package:built_value/built_value.dart';

part 'built.g.dart';

abstract class Skill implements Built<Skill, SkillBuilder> {
  Skill._();
  factory Skill([void updates(SkillBuilder b)]) = _$Skill;
}
"""
FILES = {
    "pubspec.yaml": PUBSPEC,
    "lib/client.dart": CLIENT,
    "lib/src/award.dart": AWARD,
    "lib/src/kinds.dart": KINDS,
    "lib/src/built.dart": BUILT,
}


def faults(folder: Path, name: str = "pubspec.yaml", old: str = "", new: str = "") -> list[str]:
    """What is found in the sample when `old` stands for `new` in one of its files."""
    assert old in FILES[name]
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.replace(old, new) if path == name else text)
    return Package(folder).faults()


def test_a_package_that_defines_all_it_uses_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert faults(tmp_path) == []
    assert main(str(tmp_path)) == 0
    assert capsys.readouterr().out == "4 files, 0 faults\n"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("src/award.dart", "final String title", "final AnyOf title"),
        ("src/award.dart", "final String title", "final AnyOf? title"),
        ("client.dart", "Future<List<Award>?>", "Future<List<AnyOf>?>"),
        ("client.dart", "Award(title: Kind.award.name)", "AnyOf(title: Kind.award.name)"),
        ("client.dart", "Kind.award.name", "AnyOf.award.name"),
        ("client.dart", "<Award>[", "<AnyOf>["),
        ("client.dart", "AwardsApi<T> {", "AwardsApi<T> extends AnyOf {"),
        ("client.dart", "200 ? <Award>", "200 && client is AnyOf ? <Award>"),
    ],
)
def test_a_type_that_is_defined_nowhere_is_found_wherever_it_is_used(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    [fault] = faults(tmp_path, f"lib/{name}", old, new)
    assert fault.startswith(f"{name}:")
    assert fault.endswith(": AnyOf is defined nowhere that this file sees")
    assert main(str(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("client.dart", "title: Kind.award.name)", "title: Kind.award.name", "client.dart:16: syntax error at "),
        ("client.dart", "src/kinds.dart", "src/enums.dart", "client.dart:1: no file is at package:profiles/src/enums"),
        ("client.dart", "'src/award.dart'", "'src/prize.dart'", "client.dart:1: no file is at src/prize.dart"),
        ("src/kinds.dart", "'built.dart'", "'made.dart'", "src/kinds.dart:1: no file is at made.dart"),
        ("client.dart", "import 'dart:typed_data';", "", "client.dart:14: Uint8List is defined nowhere"),
        ("client.dart", "import 'package:http/http.dart';", "", "client.dart:11: Client is defined nowhere"),
        (
            "client.dart",
            "http/http.dart",
            "grpc/grpc.dart",
            "client.dart:1: nothing is known of package:grpc/grpc.dart",
        ),
        ("src/built.dart", "part 'built.g.dart';", "", "src/built.dart:8: _$Skill is defined nowhere"),
    ],
)
def test_other_faults_are_told_with_file_and_line(tmp_path: Path, name: str, old: str, new: str, expected: str) -> None:
    found = faults(tmp_path, f"lib/{name}", old, new)
    assert any(fault.startswith(expected) for fault in found), found


def test_a_prefix_is_known_where_its_import_names_it(tmp_path: Path) -> None:
    uri = "'package:http/http.dart'"
    assert faults(tmp_path, "lib/client.dart", f"{uri};", f"{uri} as http;") == []
    assert faults(tmp_path, "lib/client.dart", "final Client client", "final http.Client client") == [
        "client.dart:11: http is defined nowhere that this file sees"
    ]


def test_packages_must_stand_in_the_pubspec(tmp_path: Path) -> None:
    assert faults(tmp_path, old="http:", new="grpc:") == ["client.dart:1: pubspec.yaml does not name http"]
    assert faults(tmp_path, old="build_runner", new="lints") == ["src/built.dart:1: no file is at built.g.dart"]


def test_what_an_imported_file_merely_imports_is_not_seen(tmp_path: Path) -> None:
    new = "final Skill skill;\n  final Built built;\n  final String title"
    assert faults(tmp_path, "lib/src/award.dart", "final String title", new) == [
        "src/award.dart:7: Built is defined nowhere that this file sees"
    ]


def test_an_empty_package_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "pubspec.yaml").write_text(PUBSPEC)
    assert main(str(tmp_path)) == 1
