"""Our settings with other routes."""

from profiles_project.settings import *  # noqa: F403  # all of them

ROOT_URLCONF = "bench.naive.urls"
