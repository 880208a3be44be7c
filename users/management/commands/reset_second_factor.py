"""`manage.py reset_second_factor EMAIL`: for a superuser who has lost the phone and has nobody else to ask."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from users.models import User
from users.second_factor import reset_second_factor


class Command(BaseCommand):
    """The same as the admin's action, for those who may use the machine."""

    help = "Deletes the second factor of the account with this e-mail address; the next login sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the e-mail address, in any case")

    def handle(self, *args: object, email: str, **options: object) -> None:
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist as exc:
            raise CommandError("No account has this e-mail address.") from exc
        if not reset_second_factor(user):
            raise CommandError(f"The account {user.pk} has no second factor.")
        self.stdout.write(f"The second factor of the account {user.pk} is deleted.")
