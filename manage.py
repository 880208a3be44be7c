#!/usr/bin/env python
"""Runs the project's commands: `manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from profiles_project.management.preconditions import why_unusable


def main() -> None:
    """Run the command named on the command line; what an operator can put right ends in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "profiles_project.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(f"The database cannot be used: {why_unusable(error)}")


if __name__ == "__main__":
    main()
