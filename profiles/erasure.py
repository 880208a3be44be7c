"""Erasing an account with everything in it (contract 2), asked for by its owner or carried out by support."""

from collections.abc import Callable

from django.db import transaction

from profiles.career import rendering
from profiles.models import Actor, Cause, Profile
from profiles_project.observe.logs import security_event
from users.models import User


def erase(user_id: int, check: Callable[[User], None] | None = None) -> None:
    """Delete the account for good. `check` sees the locked user and raises what speaks against it."""
    # The profiles are locked as by every writer, and the user as against whatever refers to it.
    with Profile.objects.revise_all(user_id, Cause(Actor.YOU, "auth_me_erase")):
        user = User.objects.select_for_update().get(pk=user_id)
        if check:
            check(user)
            # Waits for a run that is about to commit; every other run loses its job and rolls back.
        user.jobs.cancel()
        gone = list(Profile.with_trash.filter(user=user).only("user_id"))
        # Trash and history go with it.
        user.delete()
        # After the commit: a reader could put them into the cache again before it.
        transaction.on_commit(lambda: rendering.forget(gone))
    security_event("account_erased", user=user_id)
