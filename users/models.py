"""Accounts, the sessions of their devices, and the mails that wait to be sent to them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from rest_framework_simplejwt.settings import api_settings

from profiles_project.database import clock
from profiles_project.database.prepared import loaded
from profiles_project.database.values import FoldedField, SearchField, new_id
from profiles_project.texts import fold, nfc

# A phone may send one refresh token twice: that long, the second gets what the first got (contract 2).
REFRESH_GRACE = dt.timedelta(seconds=30)
USER_AGENT_LENGTH = 200
# Between two tries to send a mail.
SHORTEST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=1)


def whole_second() -> dt.datetime:
    """The current time in whole seconds, as in a token's claims."""
    return clock.now().replace(microsecond=0)


class UserManager(BaseUserManager["User"]):
    """Makes users, and finds them by e-mail address without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a new user; an address that is taken in any spelling raises `IntegrityError`."""
        user = self.model(email=nfc(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a new user who may do everything in the admin."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email_key=fold(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account; the e-mail address is the name to log in with."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail", max_length=254, unique=True)
    # Case folding makes three characters of one at most, so 254 characters never need more than 762.
    email_key = FoldedField(source="email", max_length=800, unique=True)
    full_name = models.CharField(max_length=100)
    search_key = SearchField(sources=("full_name", "email"))
    # In which mails are written, and answers whose request names no language.
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="en", db_default="en")
    is_active = models.BooleanField("active", default=True, help_text="Without it the person can't log in.")
    is_staff = models.BooleanField("staff", default=False, help_text="May enter the admin site.")
    is_verified = models.BooleanField(
        "verified", default=False, help_text="The e-mail address is known to be the person's own."
    )
    created_at = clock.Moment()
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ("id",)
        indexes = (
            # What support filters by, where it is rare.
            models.Index(fields=["-id"], condition=Q(is_active=False), name="user_inactive"),
            models.Index(fields=["-id"], condition=Q(is_verified=False), name="user_unverified"),
            models.Index(fields=["-id"], condition=Q(is_staff=True), name="user_staff"),
            # How many registered on a day.
            models.Index(fields=["created_at"], name="user_created"),
        )
        # What the support desk does to an account (profiles/desk/actions.py), each a right of its own.
        permissions = (
            ("deactivate_user", "Can deactivate and reactivate an account"),
            ("end_sessions_user", "Can end all sessions of an account"),
            ("send_mail_user", "Can send a verification or reset mail"),
            ("export_user", "Can have the archive of a person's data made"),
            ("erase_user", "Can erase an account on request"),
        )

    @property
    def is_staff_account(self) -> bool:
        """Whether the account opens the admin: its password, address and existence are changed there alone."""
        return self.is_staff or self.is_superuser

    def __str__(self) -> str:
        # Without the address: it stands in titles, lists and logs of the admin.
        return f"{self.full_name} ({self.pk})"

    def save(self, **options: Any) -> None:
        """Store the row; a new password, from Django's own forms and commands too, ends all sessions.

        So does deactivation: else a lost phone would be logged in again with the account.
        """
        # Not set by the renewal of an old hash at log-in, where the password stays the same.
        has_new_password = getattr(self, "_password", None) is not None and not self._state.adding
        with transaction.atomic():
            super().save(**options)
            if has_new_password or not self.is_active:
                self.sessions.all().end()

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """The address as it is stored; Django's own form (NFKC) would change some letters of it."""
        return nfc(username)

    def clean(self) -> None:
        """Refuse an address that another account has in any spelling, for forms; the database holds it in any case."""
        self.email = self.normalize_username(self.email)
        if User.objects.filter(email_key=fold(self.email)).exclude(pk=self.pk).exists():
            raise ValidationError({"email": "An account with this e-mail address already exists."})

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name


class SessionQuerySet(models.QuerySet["Session"]):
    """Queries for sessions by state."""

    def live(self) -> Self:
        """Sessions that can still be refreshed."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=clock.now())

    def end(self) -> int:
        """Revoke them: their tokens are refused from the next request on. Returns their number."""
        return self.filter(revoked_at__isnull=True).update(revoked_at=clock.now())

    def start(self, user: User, user_agent: str) -> "Session":
        """Store a new session of the user, for the device with this User-Agent."""
        now = whole_second()
        # Cut first: a User-Agent may be of any length.
        said = user_agent.strip()[:USER_AGENT_LENGTH]
        shown = "".join(letter if letter.isprintable() else " " for letter in said)
        return self.create(
            user=user,
            user_agent=shown.strip(),
            created_at=now,
            last_used_at=now,
            rotated_at=now,
            expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
        )


class Session(models.Model):
    """A family of refresh tokens, one a device: the row knows which of its tokens is the current one.

    `token_id`, `rotated_at` and `expires_at` are the claims jti, iat and exp of the current refresh token,
    so that the very same token can be made again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: one of those below begins with it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    created_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField()
    user_agent = models.CharField(max_length=USER_AGENT_LENGTH, blank=True)
    token_id = models.UUIDField(default=new_id)
    previous_token_id = models.UUIDField(null=True, blank=True)
    rotated_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["revoked_at"], condition=Q(revoked_at__isnull=False), name="session_revoked"),
            # With the time, so that it tells by itself who was active lately.
            models.Index(fields=["user", "last_used_at"], name="session_of_user"),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_live(self) -> bool:
        """Whether the session itself allows its tokens."""
        return self.revoked_at is None and self.expires_at > clock.now()

    def rotate(self, token_id: uuid.UUID) -> bool:
        """Replace the current token, if it is `token_id`; False if it is not, or if the session was ended.

        One conditional UPDATE decides, so that of many requests with one token exactly one rotates.
        """
        now = whole_second()
        changes = {
            "token_id": new_id(),
            "previous_token_id": token_id,
            "rotated_at": now,
            "last_used_at": now,
            "expires_at": now + api_settings.REFRESH_TOKEN_LIFETIME,
        }
        current = Session.objects.filter(pk=self.pk, token_id=token_id, revoked_at__isnull=True)
        if current.update(**changes) != 1:
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True

    def has_just_rotated(self, token_id: uuid.UUID) -> bool:
        """Whether `token_id` is the token before the current one and came again within the grace."""
        return self.previous_token_id == token_id and whole_second() - self.rotated_at <= REFRESH_GRACE


# What a request needs of its session, and of its user; the rest loads when it is asked for.
_OF_SESSION = ("id", "user_id", "expires_at", "revoked_at")
_OF_USER = ("id", "is_active", "language")
_ITS_USER: Any = Session._meta.get_field("user")


class SessionRow:
    """A query's columns for a session and its user: their names, and what makes the session of a row."""

    def __init__(self, more_of_session: Sequence[str] = (), more_of_user: Sequence[str] = ()) -> None:
        self.session, self.user = (*_OF_SESSION, *more_of_session), (*_OF_USER, *more_of_user)
        self.columns = (*self.session, *(f"user__{name}" for name in self.user))

    def read(self, row: Sequence[Any]) -> Session:
        """The session with its user, of a row that begins with these columns."""
        middle, end = len(self.session), len(self.columns)
        session = loaded(Session, self.session, row[:middle])
        _ITS_USER.set_cached_value(session, loaded(User, self.user, row[middle:end]))
        return session


class IdempotencyRecord(models.Model):
    """What is kept of the first answer to a POST with an `Idempotency-Key`, in the transaction of its effect."""

    # A phone may be off for a weekend.
    KEEP: ClassVar = dt.timedelta(days=7)
    # What a record takes beside its body, for key, headers and index.
    ROW_BYTES: ClassVar = 2**10

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: the constraint's begins with it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="idempotency_records", db_index=False)
    key = models.CharField(max_length=255)
    # SHA-256 of method, path and body, in hexadecimal.
    fingerprint = models.CharField(max_length=64)
    created_at = clock.Moment(db_index=True)
    # Empty only inside the transaction that writes it.
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    # Whether the body is not the answer's but names what that is made of: JSON of the answer's shape with ids alone,
    # which the release before, that does not know the column, answers as it stands.
    is_made_anew = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_of_user"),)

    def __str__(self) -> str:
        return str(self.id)


class SecurityEvent(models.Model):
    """An event in the life of an account, without anything that a person typed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # None where an address was tried that no account has. No index of its own: the one below begins with it.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="security_events", db_index=False)
    kind = models.CharField(max_length=40)
    # Not a foreign key: the event outlives the session.
    session_id = models.UUIDField(null=True)
    created_at = clock.Moment(db_index=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["user", "-id"], name="security_event_of_user"),)

    def __str__(self) -> str:
        return self.kind


class AuditEntry(models.Model):
    """What a member of the staff did or opened, when and why; the database lets nobody change or delete it.

    It names rows by their ids alone, so that it outlives the person concerned and tells nothing of them.
    """

    # A day more than two years, below which the database refuses to delete an entry (migration 0004): its clock may
    # differ.
    KEEP = dt.timedelta(days=731)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = clock.Moment()
    # None of the three is a foreign key: the entry stays when they go.
    staff_id = models.BigIntegerField()
    user_id = models.BigIntegerField(null=True)
    object_id = models.CharField(max_length=36)
    object_kind = models.CharField(max_length=40)
    action = models.CharField(max_length=40)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit log"
        indexes = (
            models.Index(fields=["user_id", "-id"], name="audit_entry_of_user"),
            models.Index(fields=["staff_id", "-id"], name="audit_entry_of_staff"),
            # What may be deleted.
            models.Index(fields=["created_at"], name="audit_entry_age"),
        )

    def __str__(self) -> str:
        return self.action

    def save(self, **options: Any) -> None:
        """Store a new entry; one that is stored stays as it is (`TypeError`)."""
        if not self._state.adding:
            raise TypeError("An entry of the audit log is never changed.")
        super().save(**options)


class Mail(models.Model):
    """A mail that is to be sent or was sent. Its text isn't stored: the task that sends it writes it, link included."""

    class Kind(models.TextChoices):
        """What the mail is about."""

        VERIFY = "verify", "Confirm the e-mail address"
        RESET = "reset", "Set a new password"
        CHANGE_EMAIL = "change_email", "Confirm the new e-mail address"
        EMAIL_CHANGE_NOTICE = "email_change_notice", "Notice of a change of e-mail address"
        PASSWORD_NOTICE = "password_notice", "Notice of a change of password"
        EXPORT_NOTICE = "export_notice", "Notice of an archive of one's data"
        SECOND_FACTOR_NOTICE = "second_factor_notice", "Notice of a second factor set up or reset"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=20, choices=Kind)
    # Empty in a reset that was asked for with an unknown address: such a mail is dropped, not sent.
    address = models.EmailField(max_length=254, blank=True)
    created_at = clock.Moment(db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(help_text="When the sweep files its task again, should it be unsent by then.")
    problem = models.CharField(max_length=200, blank=True, help_text="Why it will not be sent.")
    failure = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Why the last try failed."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user", "kind", "-id"], name="mail_newest_of_kind"),
            models.Index(fields=["next_try_at"], condition=Q(sent_at__isnull=True, problem=""), name="mail_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.id})"

    def pause(self) -> dt.timedelta:
        """How long to wait for the next try: as long as it has waited so far, which doubles; an hour at most."""
        waited: dt.timedelta = clock.now() - self.created_at
        return min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
