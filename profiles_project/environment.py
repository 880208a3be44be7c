"""Reads the environment's variables as what they mean, for settings.py; each refusal is one sentence."""

import ipaddress
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

NO = {"0", "false", "off", "no", "n"}
YES = {"1", *environ.Env.BOOLEAN_TRUE_STRINGS}


def text(name: str, default: str = "") -> str:
    """The variable's text without surrounding white space; one that is set but empty counts as not given."""
    # Not by environ.Env.str: that takes a value which begins with «$», as a password may, for another variable's name.
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """The variable as a truth value; ImproperlyConfigured for a word that is neither yes nor no."""
    word = text(name, str(default)).lower()
    if word not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be true or false, not “{word}”.")
    return word in YES


def number(name: str, default: int, *, low: int, high: int) -> int:
    """The variable as an integer from `low` to `high`; ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not “{value}”.")
    return int(value)


def rate(name: str, default: str) -> str:
    """The variable as a rate: how many, a slash, a period such as `m` or `10m`; ImproperlyConfigured otherwise."""
    value = text(name, default)
    if not re.fullmatch(r"[1-9][0-9]{0,8}/([1-9][0-9]{0,3})?[smhd]", value):
        raise ImproperlyConfigured(f"{name} must be a rate such as 600/m or 10/h (s, m, h, d), not “{value}”.")
    return value


def words(name: str) -> list[str]:
    """The variable's comma-separated values."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def directory(path: Path) -> Path:
    """The directory, made when it is first needed, readable by its owner alone."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR {path} cannot be created: {error.strerror}.") from error
    return path


def generated_key(path: Path) -> str:
    """The development key kept in that file; of two processes that make it at once, both get the first one's."""
    try:
        if not path.exists():
            keep_new_key(path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be written and read: {error.strerror}.") from error


def keep_new_key(path: Path) -> None:
    """Write a new key to that file, for its owner's eyes alone, unless there is one by now."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        # A link appears whole or not at all, and never replaces one that is there.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def is_local(host: str) -> bool:
    """Whether the host name can only lead to this machine or its own network."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_private
    except ValueError:
        return False
