"""`manage.py demo`: somebody to log in as, on a machine that has nobody yet."""

import secrets

from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand
from django.db import transaction

from profiles.api import examples
from profiles.career import bulk
from profiles.career.serializers import ProfileSerializer
from profiles.models import Profile
from users.models import User

# Those who may log in: name, address, and what they are.
PEOPLE = (
    ("App user", "ada@example.com", {"full_name": "Ada Lovelace", "is_verified": True}),
    ("Support", "support@example.com", {"full_name": "Support Staff", "is_staff": True, "is_verified": True}),
    (
        "Superuser",
        "admin@example.com",
        {"full_name": "Superuser", "is_staff": True, "is_superuser": True, "is_verified": True},
    ),
)


class Command(BaseCommand):
    """Makes demo data where there is no user yet, and prints how to log in, once; else does nothing."""

    help = "Makes demo users and a full profile if the database has no user yet."

    def handle(self, *args: object, **options: object) -> None:
        with transaction.atomic():
            if User.objects.exists():
                return
            made = []
            for role, email, fields in PEOPLE:
                # Not the same on every machine, since some of them are reached from outside in the end.
                password = f"Demo-{secrets.token_urlsafe(9)}1a"
                made.append((role, User.objects.create_user(email, password, **fields), password))
            _make_profile(made[0][1])
            _let_support_read(made[1][1])
        self.stdout.write("Demo accounts (shown this once; the passwords are kept nowhere):")
        for role, user, password in made:
            self.stdout.write(f"  {role + ':':<11}{user.email:<22}{password}")


def _make_profile(user: User) -> None:
    serializer = ProfileSerializer(data=examples.NEW_PROFILE)
    serializer.is_valid(raise_exception=True)
    profile = Profile(user=user)
    bulk.set_own_fields(profile, serializer.validated_data)
    with Profile.objects.add(profile):
        bulk.store(profile, serializer.validated_data)


def _let_support_read(user: User) -> None:
    """Everything of people and their careers may be looked at, nothing changed."""
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["profiles", "users"], codename__startswith="view_")
    )
