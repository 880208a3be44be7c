"""The texts of mails."""

from typing import NamedTuple

from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.html import format_html, format_html_join

from profiles_project.words.sentences import mark
from profiles_project.words.wording import worded
from users.links import LINKS, make_link
from users.models import Mail, User


class MailText(NamedTuple):
    """A mail's subject, what it says before its link and after it, and what the link is called."""

    subject: str
    opening: str
    action: str
    closing: str


GREETING = mark("Hello,")
TEXTS = {
    Mail.Kind.VERIFY: MailText(
        mark("Please confirm your e-mail address"),
        mark("Please confirm that this is your e-mail address. The link expires in 3 days."),
        mark("Confirm the address"),
        mark("If you have no account with us, someone mistyped an address, and you don't need to do anything."),
    ),
    Mail.Kind.RESET: MailText(
        mark("Set a new password"),
        mark("You can now set a new password for your account. The link works once and expires in one hour."),
        mark("Set a new password"),
        mark("If you did not ask for this, you don't need to do anything: your password stays as it is."),
    ),
    Mail.Kind.CHANGE_EMAIL: MailText(
        mark("Please confirm your new e-mail address"),
        mark(
            "Please confirm this address; from then on it is your account's. The link works once and expires in 3 days."
        ),
        mark("Confirm the new address"),
        mark("If you did not ask for this, you don't need to do anything: the account keeps its old address."),
    ),
    Mail.Kind.EMAIL_CHANGE_NOTICE: MailText(
        mark("Your e-mail address is about to change"),
        mark(
            "Someone who knows your password asked for another e-mail address for your account. "
            "It changes as soon as the new address is confirmed."
        ),
        "",
        mark("If this was not you, change your password now: that stops the change as well."),
    ),
    Mail.Kind.EXPORT_NOTICE: MailText(
        mark("The archive of your data"),
        mark(
            "You asked our support for a copy of everything that we have stored about you. It is being made: "
            "in a few minutes you will find it in the app, where it stays for 7 days."
        ),
        "",
        mark("If you did not ask for this, please tell us. Only you can open the archive."),
    ),
    Mail.Kind.SECOND_FACTOR_NOTICE: MailText(
        mark("The second factor of your account has changed"),
        mark("The second factor with which you log in to the support desk was set up or reset."),
        "",
        mark("If neither you nor someone acting for you did this, tell a superuser now."),
    ),
    Mail.Kind.PASSWORD_NOTICE: MailText(
        mark("Your password was changed"),
        mark("The password of your account was changed, and your other devices were logged out."),
        "",
        mark("If this was not you, set a new password with “Forgot password” in the app."),
    ),
}


def compose(mail: Mail, user: User) -> EmailMultiAlternatives:
    """The mail as it goes out, in the language of its account, as plain text and as HTML; its link is made here."""
    with translation.override(user.language):
        text = MailText(*map(worded, TEXTS[Mail.Kind(mail.kind)]))
        greeting = worded(GREETING)
    link = make_link(mail, user) if mail.kind in LINKS else ""
    # The mail contains no name: a stranger who registers this address could send their own words with it.
    parts = [greeting, text.opening, link, text.closing]
    plain = "\n\n".join(part for part in parts if part) + "\n"
    rich = [format_html('<a href="{}">{}</a>', link, text.action) if part == link else part for part in parts if part]
    message = EmailMultiAlternatives(text.subject, plain, to=[mail.address])
    message.attach_alternative(format_html_join("\n", "<p>{}</p>", ((part,) for part in rich)), "text/html")
    return message
