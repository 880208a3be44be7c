"""A password hasher for tests that aren't about passwords."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2 at the least cost that it allows: the same form of hash in a fraction of a millisecond."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
