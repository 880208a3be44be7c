"""Where Django looks for what the admin shows: the support desk, in `desk/`."""

from profiles.desk.pages import careers, people, traces, work

__all__ = ["careers", "people", "traces", "work"]
