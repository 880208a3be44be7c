"""Members of the staff, and their browsers as Django's test client plays them."""

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from profiles.models import Job
from profiles_project.database import clock
from tests.support.factories import PASSWORD, UserFactory
from users.models import User

INTERNAL = '{"status": 500, "title": "Internal error"}'


def client_of(user: User) -> Client:
    """A client that is logged in to the admin."""
    client = Client()
    client.force_login(user)
    return client


def in_role(name: str) -> User:
    """A new member of the staff in that role."""
    person = UserFactory.create(is_staff=True)
    person.groups.add(Group.objects.get(name=name))
    return person


def superuser(name: str = "root") -> User:
    """One who may do everything."""
    return User.objects.create_superuser(f"{name}@example.com", PASSWORD, full_name=name.capitalize())


def failed_job(user: User, problem: str = INTERNAL, **values: Any) -> Job:
    """A job that has ended so."""
    now = clock.now()
    return Job.objects.create(
        user=user,
        kind="auth_me_export",
        status="failed",
        problem=problem,
        lease_until=now,
        finished_at=now,
        **values,
    )
