"""Each page of the admin in each look: its picture, no grave violation, no wider than the window."""

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from profiles.desk.actions import ACTIONS
from tests.e2e.browser import LIGHT, LOOKS, Look
from tests.e2e.conftest import OpenWindow
from tests.e2e.pages import PAGES, address
from tests.e2e.shots import inspect
from tests.e2e.stage import Stage


def test_every_list_and_every_action_of_the_site_has_its_row() -> None:
    named = {f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry}
    assert {reverse(name) for name in named} - set(PAGES.values()) == set()
    assert {f"act-{action.name}" for action in ACTIONS} - set(PAGES) == set()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_the_page(open_window: OpenWindow, stage: Stage, name: str, look: Look) -> None:
    page = open_window("superuser", look).open(address(name, stage))
    assert inspect(page, name, look) == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_everybody_can_log_in_and_read_why_not(open_window: OpenWindow, look: Look) -> None:
    page = open_window(look=look).open("/admin/login/")
    assert inspect(page, "login", look) == []
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please enter the correct")).to_be_visible()
    assert inspect(page, "login-refused", look) == []


def test_dark_colours_can_be_chosen_where_the_system_is_light(open_window: OpenWindow, stage: Stage) -> None:
    page = open_window("superuser", LIGHT).open("/admin/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    while page.evaluate("document.documentElement.dataset.theme") != "dark":
        page.locator("#header .theme-toggle").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert inspect(page, "front-chosen", LIGHT._replace(name="dark")) == []
