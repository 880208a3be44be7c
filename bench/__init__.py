"""The performance comparison: `make bench`."""
