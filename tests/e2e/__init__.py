"""The service in a real browser: `make e2e` runs these, `make test` does not (norecursedirs in pyproject.toml)."""
