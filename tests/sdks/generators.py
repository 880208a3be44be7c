"""Which SDKs are tried: how each is generated, how it is checked, and how its scenario is run."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "clients/sdks"
MADE = ROOT / "var/sdks"

# What every scenario does, in this order; it prints the word of each step when it has done it.
STEPS = (
    "register",
    "create",
    "bulk",
    "patch",
    "stale",
    "unchanged",
    "bulk-delete",
    "job",
    "import",
    "export",
    "pdf",
    "refresh",
    "problem",
    "history",
    "pull",
    "push",
    "delete",
)


@dataclass(frozen=True)
class Sdk:
    """A generator at work. Commands are run in `var/sdks/<name>`, a copy of `clients/sdks/<name>`, one after the other;
    what `shared` names in `clients/sdks/shared` is copied too.

    In commands `{openapi}` stands for the path of openapi.yaml, `{root}` for the project's folder, `{python}` for the
    Python that the service runs on. `scenario` gets the address of the service
    and an e-mail address that is free there; None where the SDK can be checked here and not run.
    """

    name: str
    generate: tuple[tuple[str, ...], ...]
    check: tuple[tuple[str, ...], ...]
    scenario: tuple[str, ...] | None
    shared: tuple[str, ...] = ()


OPENAPI_GENERATOR = ("openapi-generator-cli", "generate", "--config=config.yaml", "--input-spec={openapi}")
# With the classpaths of the SDK in Kotlin; what is compiled goes to `built`.
KOTLINC = (
    "bash",
    "../node_modules/kotlin-compiler/bin/kotlinc",
    "-J-Xmx2g",
    "@../../../clients/sdks/kotlin/compile.args",
)
KOTLIN = ("java", "@../../../clients/sdks/kotlin/run.args")
# No Dart SDK comes from npm or PyPI, so its sources are read instead.
CHECK_DART = ("{python}", "{root}/tests/sdks/dart.py", "sdk")

SDKS = (
    Sdk(
        "hey-api",
        generate=(("openapi-ts", "--file", "openapi-ts.config.mjs", "--input", "{openapi}"),),
        check=(("tsc", "--project", "."),),
        scenario=("node", "built/scenario.js"),
        shared=("career.ts",),
    ),
    Sdk(
        "openapi-fetch",
        generate=(("openapi-typescript", "{openapi}", "--output", "sdk/schema.d.ts"),),
        check=(("tsc", "--project", "."),),
        scenario=("node", "built/scenario.js"),
        shared=("career.ts",),
    ),
    Sdk(
        "openapi-python-client",
        generate=(
            (
                "openapi-python-client",
                "generate",
                "--path={openapi}",
                "--config=config.yaml",
                "--meta=none",
                "--output-path=profiles_sdk",
                "--overwrite",
                "--fail-on-warning",
            ),
        ),
        check=(("mypy", "--config-file=mypy.ini"),),
        scenario=("python", "scenario.py"),
    ),
    Sdk(
        "openapi-generator-python",
        generate=(OPENAPI_GENERATOR,),
        check=(("mypy", "--config-file=mypy.ini"),),
        scenario=("python", "scenario.py"),
    ),
    Sdk(
        "kotlin",
        generate=(OPENAPI_GENERATOR,),
        check=((*KOTLINC, "sdk/src/main/kotlin", "Scenario.kt", "Career.kt"),),
        scenario=(*KOTLIN, "ScenarioKt"),
    ),
    Sdk("dart", generate=(OPENAPI_GENERATOR,), check=(CHECK_DART,), scenario=None),
    Sdk("dart-dio", generate=(OPENAPI_GENERATOR,), check=(CHECK_DART,), scenario=None),
)
