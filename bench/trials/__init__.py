"""Trials of one matter each, beside the comparison: `python -m bench growth` and the like."""
