"""The service: its settings, its plumbing, and its version."""

# The release that this is (docs/releasing.md): pyproject.toml, the OpenAPI document, metrics and traces take it from
# here, and `make release` alone writes it.
VERSION = "1.0.0"
