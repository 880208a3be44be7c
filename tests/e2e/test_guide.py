"""The guide in a browser: readable by everybody, with keys alone, without JavaScript, on the smallest phone."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from profiles_project.web.guide.library import library
from profiles_project.web.guide.rendering import read
from tests.e2e.axe import all_violations
from tests.e2e.browser import DARK, LIGHT, Look, Window
from tests.e2e.conftest import OpenWindow
from tests.e2e.shots import overflow, shoot

NARROW = Look("narrow", "light", 320, 640)
NARROW_DARK = Look("narrow-dark", "dark", 320, 640)
PAGES = {
    "guide": "/guide/",
    **{f"guide-{link.name}": link.href for link in library().pages},
    "guide-search": "/guide/?q=if-match",
    "problems": "/problems/",
    "problem": "/problems/too-many-jobs",
}
# A page with two steps, put into another one, so that these tests depend on no page's text.
STEPS = "".join(
    f"""
```sh
curl {"x" * 200}
```

```python
print({number})
```

```kotlin
val x = {number}
```

```json
{{}}
```

Text.
"""
    for number in (1, 2)
)


def open_steps(watched: Window, path: str = "/guide/versions") -> Page:
    """A page of the guide with two steps in it."""

    def put_in(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<article>", f"<article>{read(STEPS).html}"))

    watched.page.route(re.compile(f"{path}$"), put_in)
    return watched.open(path)


@pytest.mark.parametrize("look", [LIGHT, DARK, NARROW, NARROW_DARK], ids=lambda look: look.name)
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_the_page(open_window: OpenWindow, name: str, look: Look) -> None:
    page = open_window(look=look).open(PAGES[name])
    shoot(page, name, look)
    assert overflow(page, look) == 0
    assert all_violations(page) == []


@pytest.mark.parametrize("look", [LIGHT, NARROW_DARK], ids=lambda look: look.name)
def test_everybody_can_read_steps_and_what_is_not_there(open_window: OpenWindow, look: Look) -> None:
    watched = open_window(look=look)
    page = open_steps(watched)
    shoot(page, "guide-steps", look)
    assert (overflow(page, look), all_violations(page)) == (0, [])
    watched.expect(404)
    page = watched.open("/guide/sinchronising")
    assert (overflow(page, look), all_violations(page)) == (0, [])
    page.get_by_role("main").get_by_role("link", name="Synchronising").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Synchronising")


def test_a_language_is_chosen_by_keys_for_all_steps_and_pages(open_window: OpenWindow) -> None:
    watched = open_window()
    page = open_steps(watched)
    first, second = page.get_by_role("tablist").all()
    expect(first.get_by_role("tab", selected=True)).to_have_text("curl")
    first.get_by_role("tab", name="curl").focus()
    page.keyboard.press("ArrowRight")
    expect(first.get_by_role("tab", name="Python")).to_be_focused()
    page.keyboard.press("End")
    expect(second.get_by_role("tab", selected=True)).to_have_text("Kotlin")
    expect(page.get_by_role("tabpanel")).to_have_count(2)
    expect(page.get_by_role("tabpanel").last).to_contain_text("val x = 2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(first.get_by_role("tab", name="Kotlin")).to_be_focused()
    page = open_steps(watched, "/guide/sdks")
    expect(page.get_by_role("tab", selected=True)).to_have_text(["Kotlin", "Kotlin"])
    # The answers stand below, whatever was chosen.
    assert page.locator("article > .code:has(figcaption:text-is('Answer'))").count() >= 2


def test_a_chosen_tab_stays_where_it_is_in_the_window(open_window: OpenWindow) -> None:
    page = open_steps(open_window(look=NARROW))
    tab = page.get_by_role("tablist").last.get_by_role("tab", name="Python")
    tab.scroll_into_view_if_needed()
    before = tab.bounding_box()
    tab.click()
    after = tab.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) <= 1


def test_without_javascript_all_of_it_is_there(open_window: OpenWindow) -> None:
    page = open_steps(open_window(look=NARROW, java_script_enabled=False))
    for name in ("curl", "Python", "Kotlin"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("val x = 2")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
    page.get_by_label("Search the guide").fill("undo")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="An undo button").click()
    expect(page).to_have_url(re.compile("/guide/nothing-gets-lost#an-undo-button$"))
    page.get_by_text("All pages").click()
    expect(page.get_by_role("navigation", name="All pages").get_by_role("link", name="SDKs")).to_be_visible()


def test_hits_come_as_somebody_types_and_are_reached_by_keys(open_window: OpenWindow) -> None:
    page = open_window().open("/guide/sdks")
    field = page.get_by_label("Search the guide")
    field.press_sequentially("undo butt")
    hit = page.locator("#suggestions").get_by_role("link", name="An undo button")
    expect(hit).to_be_visible()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ hits?$"))
    assert all_violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(hit).to_be_hidden()
    expect(field).to_be_focused()
    field.press_sequentially("o")
    expect(hit).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/guide/nothing-gets-lost#an-undo-button$"))


def test_on_the_page_of_hits_they_change_in_their_place(open_window: OpenWindow) -> None:
    page = open_window().open("/guide/?q=sunset")
    page.get_by_label("Search the guide").fill("tabs <b> &")
    expect(page.locator("#hits")).to_contain_text("Nothing has all of these words: «tabs <b> &»")
    expect(page.locator("#suggestions")).to_be_hidden()


def test_a_block_is_copied_as_it_stands(open_window: OpenWindow) -> None:
    page = open_steps(open_window(permissions=["clipboard-read", "clipboard-write"]))
    page.get_by_role("button", name="Copy: curl").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == f"curl {'x' * 200}\n"


def test_a_box_takes_the_focus_only_where_it_scrolls(open_window: OpenWindow) -> None:
    page = open_steps(open_window())
    scrolling = page.locator("pre", has_text="xxx").first
    expect(scrolling).to_have_attribute("tabindex", "0")
    expect(page.locator(".code pre", has_text="{}").first).not_to_have_attribute("tabindex", "0")
    scrolling.focus()
    page.keyboard.press("ArrowRight")
    assert scrolling.evaluate("(box) => new Promise((done) => setTimeout(() => done(box.scrollLeft), 500))") > 0


def test_the_content_is_one_key_away(open_window: OpenWindow) -> None:
    page = open_window().open("/guide/versions")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_paper_has_all_languages_and_no_menus(open_window: OpenWindow) -> None:
    page = open_steps(open_window())
    page.emulate_media(media="print")
    expect(page.get_by_text("val x = 1")).to_be_visible()
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("tablist").first).to_be_hidden()
    expect(page.get_by_role("button", name="Copy: curl").first).to_be_hidden()
