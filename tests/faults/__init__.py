"""Fault trials: the promises that only show on the whole service, while something is killed, stopped or overrun.

``python -m tests.faults [scenario …] [--short]`` (``make faults``) prints one line per promise; docs/faults.md says
what each line measures and which control shows that it could fail.
"""
