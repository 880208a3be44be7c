"""What a scrape of the metrics shows."""

import urllib.request
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-for-metrics"

# By name and labels.
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Series:
    """The series of an exposition."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(port: int, path: str = "/metrics", token: str = TOKEN) -> str:
    """The metrics of a service, as Prometheus asks for them."""
    request = urllib.request.Request(  # our own service
        f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # as above
        body: bytes = answer.read()
        return body.decode()


def total(series: Series, metric: str, **labels: str) -> float:
    """The sum over all series of that name that have these labels."""
    return sum(value for (name, own), value in series.items() if name == metric and own >= labels.items())


def web_processes() -> list[psutil.Process]:
    """Those of the service that this test runs."""
    (main,) = [each for each in psutil.Process().children() if "serve" in each.cmdline()]
    return [each for each in main.children() if any("spawn_main" in part for part in each.cmdline())]


def shared_folder(process: psutil.Process) -> Path:
    """Where the process counts."""
    return Path(process.environ()["PROMETHEUS_MULTIPROC_DIR"])
