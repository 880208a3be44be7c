"""Members of the staff, and their browsers as Django's test client plays them."""

from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import PASSWORD, UserFactory
from users.models import User


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
