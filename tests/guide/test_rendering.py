"""A document of the guide as HTML: anchors, links, steps in several languages, and nothing that runs."""

import pytest

from profiles_project.web.guide.rendering import address, read, slug

STEP = """# A page

What it is about, with `code`
and a second line.

```sh
curl "$API/profiles"
```

```python
httpx.get("/profiles")
```

```json
{"profiles": []}
```

Text.

```sh
ls
```

```python
print(1)
```
"""


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("When the answer is no", "when-the-answer-is-no"),
        ("On line: one item", "on-line-one-item"),
        ("`If-Match`, twice", "if-match-twice"),
        ("in-trash", "in-trash"),
        ("Größe (in_bytes)", "größe-in_bytes"),
    ],
)
def test_anchors_are_those_of_code_hosts(heading: str, anchor: str) -> None:
    assert slug(heading.replace("`", "")) == anchor
    assert f'id="{anchor}"' in read(f"# T\n\n## {heading}\n").html


def test_equal_headings_have_anchors_of_their_own() -> None:
    sections = read("# T\n\n## Push\n\n### Why\n\n## Pull\n\n### Why\n\n### Why\n").sections
    assert [section.anchor for section in sections] == ["t", "push", "why", "pull", "why-1", "why-2"]


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("errors.md", "/guide/errors"),
        ("errors.md#retry", "/guide/errors#retry"),
        ("index.md", "/guide/"),
        ("problems.md#in-trash", "/problems/in-trash"),
        ("#push", "#push"),
        ("/api/docs#/auth/auth_login", "/api/docs#/auth/auth_login"),
        ("https://example.org/a.md", "https://example.org/a.md"),
        ("../../openapi.yaml", "/api/schema"),
        ("../../CHANGELOG.md", None),
        ("../operations.md", None),
    ],
)
def test_links_between_files_become_links_between_pages(target: str, leads_to: str | None) -> None:
    assert address(target) == leads_to


def test_a_file_that_is_not_served_is_named_and_no_link() -> None:
    html = read("# T\n\n[Copy it](../../clients/a.py), [CHANGELOG.md](../../CHANGELOG.md).\n").html
    assert "<a" not in html
    assert "<span>Copy it</span> (<code>clients/a.py</code> in the repository)" in html
    assert "<span>CHANGELOG.md</span> (in the repository)" in html


def test_blocks_in_several_languages_are_one_step_and_the_answer_stands_below() -> None:
    document = read(STEP)
    first, second = document.html.split('<div class="step">')[1:]
    assert [first.count(f'data-language="{name}"') for name in ("sh", "python", "json")] == [1, 1, 1]
    assert first.index("</div>") < first.index("<figcaption>Answer</figcaption>")
    assert "<figcaption>curl</figcaption>" in first
    assert "<figcaption>Python</figcaption>" in second
    assert document.summary == "What it is about, with code and a second line."


def test_a_single_block_is_no_step() -> None:
    html = read("# T\n\n```sh\nls\n```\n\nText.\n\n```json\n{}\n```\n\n```brainfog\n<&>\n```\n").html
    assert "step" not in html
    assert [f"<figcaption>{name}</figcaption>" in html for name in ("Shell", "JSON", "Code")] == [True] * 3
    assert "<code>&lt;&amp;&gt;\n</code>" in html


def test_nothing_in_a_document_runs() -> None:
    html = read('# T\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) <b onclick="x">y</b>\n').html
    assert "<script" not in html
    assert "<b" not in html
    assert "href=" not in html


def test_boxes_that_scroll_can_be_reached_by_keys() -> None:
    html = read("# T\n\n| a |\n| --- |\n| b |\n\n```sh\nls\n```\n").html
    assert html.count('tabindex="0" role="group"') == 2
