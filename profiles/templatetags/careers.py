"""Filters for pages that show a career."""

from django.template import Library

from profiles.portability.printed.pages import html_of, html_of_point

register = Library()
register.filter("blocks", html_of)
register.filter("point", html_of_point)
