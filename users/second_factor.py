"""The second factor of staff: a code of six digits from an app on their phone (TOTP, RFC 6238), by django-otp.

Its middleware is not used, since it would put a method in the place of `User.is_verified`, which says that an e-mail
address is the person's own. Between password and code nobody is logged in: the session only knows whose code it waits
for. What a session has shown is looked up with every request, so that a reset ends it at the next click.
"""

import logging
import math
from base64 import b32encode
from binascii import unhexlify
from typing import Any, NamedTuple, cast

import django_otp
from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django_otp.models import MAX_THROTTLE_DELAY_SECONDS
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from profiles_project.api.ratelimit import refuse, spend
from profiles_project.database import clock
from users.events import note
from users.models import Mail, User
from users.tasks import file_mail

# How long a session may wait for the code, or for a new device's first code, before it needs the password again.
WAIT_SECONDS = 600
# The tolerated clock difference, in steps of 30 s.
TOLERANCE = 1
# The session's keys.
WAITING = "second_factor_waits_for"
KEY = "second_factor_key"


class Factor(NamedTuple):
    """The second factor of a request's user: the confirmed device, if any, and whether the session has given it."""

    device: Any
    is_enough: bool


class Enrolment(NamedTuple):
    """What an authenticator app needs: the secret in base 32, and as an address for a QR code."""

    secret: str
    address: str


def devices() -> QuerySet[TOTPDevice]:
    """The confirmed devices of all users. One that isn't confirmed is never stored."""
    found: QuerySet[TOTPDevice] = TOTPDevice.objects.filter(confirmed=True).order_by("pk")
    return found


def device_of(user: User) -> Any:
    """The user's `TOTPDevice`, or None."""
    return devices().filter(user=user).first()


def is_asked_of(user: User) -> bool:
    """Whether the user needs more than a password."""
    return settings.STAFF_OTP_REQUIRED or device_of(user) is not None


def factor(request: HttpRequest) -> Factor:
    """The second factor of `request.user`, who must be logged in; one query a request."""
    known: Factor | None = getattr(request, "second_factor", None)
    if known is None:
        device = device_of(cast("User", request.user))
        shown = request.session.get(django_otp.DEVICE_ID_SESSION_KEY)
        if shown is None:
            # Who logged in before the device was set up, or before the setting was, has shown too little.
            is_enough = device is None and not settings.STAFF_OTP_REQUIRED
        else:
            is_enough = device is not None and device.persistent_id == shown
        known = Factor(device, is_enough)
        request.second_factor = known  # type: ignore[attr-defined]  # for the rest of this request
    return known


def wait_for_code(request: HttpRequest, user: User) -> None:
    """Note in the session that its user gave the right password. It is not logged in, and gets a new key."""
    request.session.cycle_key()
    request.session.pop(KEY, None)
    # The hash changes with the password, and what waits ends with the old one.
    since = clock.seconds()
    request.session[WAITING] = {"user": user.pk, "hash": user.get_session_auth_hash(), "since": since}


def waiting(request: HttpRequest) -> User | None:
    """The user who gave the password in this session but no code yet; None if that was too long ago."""
    kept = request.session.get(WAITING)
    if kept is None or clock.seconds() - kept["since"] > WAIT_SECONDS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    return user


def let_in(request: HttpRequest, user: User, device: Any) -> None:
    """Log the user in who gave a code of the device. The session's key changes."""
    for name in (WAITING, KEY):
        request.session.pop(name, None)
    if request.user.is_authenticated and request.user.pk == user.pk:
        request.session.cycle_key()
    else:
        login(request, user)
    django_otp.login(request, device)


def count(request: HttpRequest, user: User) -> None:
    """Count a try to give a code. Raises TooManyRequests past the limit."""
    if usage := spend(request, "otp", f"user {user.pk}"):
        usage.check()


def accepts(device: Any, code: str) -> bool:
    """Whether the code is the device's, of now or a step off, and is used for the first time.

    Raises TooManyRequests while the device is locked: for 1 s after a wrong code, and twice as long after each more.
    """
    with transaction.atomic():
        locked = devices().select_for_update().filter(pk=device.pk).first()
        pause = _pause(locked) if locked else 0.0
        is_good = locked is not None and not pause and _verify(locked, code)
    if pause:
        refuse("otp", math.ceil(pause))
    if is_good:
        return True
    note("otp_failed", device.user, level=logging.WARNING)
    return False


def _pause(device: Any) -> float:
    """For how many seconds the device is locked. As django_otp has it, but by the clock of all machines."""
    if not (device.throttling_enabled and device.throttling_failure_count and device.throttling_failure_timestamp):
        return 0.0
    pause = device.get_throttle_factor() * 2 ** (device.throttling_failure_count - 1)
    passed = (clock.now() - device.throttling_failure_timestamp).total_seconds()
    # A failure that is to come was noted by a clock that was set back since.
    return max(0.0, min(pause, MAX_THROTTLE_DELAY_SECONDS) - passed) if passed >= 0 else 0.0


def _verify(device: Any, code: str) -> bool:
    """Whether the code is the device's, noted in its row, which must be locked. As django_otp has it, likewise."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = clock.seconds()
    is_good = bool(totp.verify(int(code), device.tolerance, device.last_t + 1))
    if is_good:
        device.last_t, device.drift, device.last_used_at = totp.t(), totp.drift, clock.now()
        device.throttle_reset(commit=False)
    else:
        device.throttling_failure_timestamp = clock.now()
        device.throttling_failure_count += 1
    device.save()
    return is_good


def enrolment(request: HttpRequest, user: User) -> Enrolment:
    """A secret for this session's user to take into an app.

    It lies in the session until a code confirms it, so that another session, with the password alone, can't read it.
    """
    key = request.session.setdefault(KEY, random_hex(20))
    return Enrolment(b32encode(unhexlify(key)).decode(), TOTPDevice(user=user, key=key).config_url)


def confirm(request: HttpRequest, user: User, code: str) -> Any:
    """The user's new device, if the code is of the session's secret; None if not, or if a device is there already."""
    key = request.session.get(KEY)
    if key is None:
        return None
    totp = TOTP(unhexlify(key))
    totp.time = clock.seconds()
    if not totp.verify(int(code), TOLERANCE):
        note("otp_failed", user, level=logging.WARNING)
        return None
    with transaction.atomic():
        # Of two sessions that set one up at the same time the first wins.
        User.objects.select_for_update().filter(pk=user.pk).first()
        if device_of(user) is not None:
            return None
        # The code is used up and can't be used to log in.
        device = TOTPDevice.objects.create(user=user, name="App", key=key, last_t=totp.t(), drift=totp.drift)
        file_mail(Mail.Kind.SECOND_FACTOR_NOTICE, user, user.email)
    del request.session[KEY]
    note("otp_enrolled", user)
    return device


def reset_second_factor(user: User) -> bool:
    """Delete the user's devices, for who has lost the phone; False if there was none.

    Sessions of the admin that rest on one are refused from the next request on.
    """
    with transaction.atomic():
        deleted, _ = TOTPDevice.objects.filter(user=user).delete()
        if deleted:
            file_mail(Mail.Kind.SECOND_FACTOR_NOTICE, user, user.email)
            note("otp_reset", user)
    return bool(deleted)
