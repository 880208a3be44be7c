"""The simulation of synchronising: devices that edit one career off line, a bad network, a service that is killed.

`python -m tests.sync.simulation` runs it; docs/faults.md says what it shows.
"""
