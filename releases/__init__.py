"""Releases: what a new one may not break, and how one is cut (docs/releasing.md)."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Below the root: the OpenAPI document of the last release, and the breaks that were argued for since.
DOCUMENT = "openapi.yaml"
RELEASED = "releases/openapi.yaml"
ACCEPTED = "releases/accepted.toml"
