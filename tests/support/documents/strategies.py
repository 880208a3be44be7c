"""What hypothesis draws: résumés as people and programs write them, and career documents as the API takes them."""

from typing import Any

from hypothesis import strategies as st

from profiles.career.samples import SAMPLES
from profiles.models import COMPONENTS, Component
from profiles.portability.json_resume.mapping import (
    BASICS,
    LOCATION,
    OURS_IN_META,
    SCHEMA_URL,
    SKILLS,
    Key,
    Section,
)
from profiles.portability.kinds import SECTIONS
from tests.support.factories import PERSONAL_INFO

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
words = st.text(LETTERS, min_size=1, max_size=12)
partial_dates = st.sampled_from(["1999", "2001-02", "2010-12-31", "2020", "2020-02-29", "2021-07"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | words,
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)

# What stands where a value should be, beside the right ones.
odd: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(
        ["", " ", "x" * 2500, "  Ada  ", "e\u0301", 7, None, ["a"], {"a": 1}, True, ["a", "b"], {"text": "a"}]
    ),
    "url": st.sampled_from(
        [
            *("", "example.org/ada", "ftp://example.org", "not a url", "https://" + "x" * 300, 5, None, "index.html"),
            *({"href": "https://example.org/ada"}, ["https://example.org/ada", "https://example.org/b"]),
        ]
    ),
    "date": st.sampled_from(
        [
            *("", "Present", "June 2014", "2014-00", "2014-13", "2014-06-29T00:00:00Z", "12/2014", "1 May 2014", 2014),
            *(None, "2014 - 2016", "Mai 2014 – heute", "Q1 2014", "03/04/2014", "2014年6月", "long ago", ["2014"]),
            {"year": "2014"},
        ]
    ),
    "texts": st.sampled_from(
        [[], [""], [" a "], "one", [1, None, "a"], None, {}, ["x" * 600], ["a"] * 60, [{"text": "a"}, "b"]]
    ),
    "flag": st.sampled_from([True, False, "yes", None]),
    "number": st.sampled_from([0, 4.0, 17, -1, "3.5", "good", None, True]),
    "country": st.sampled_from(["GB", "us", "England", ""]),
    "fluency": st.sampled_from(["Native speaker", "C1", "a bit", "", 3]),
    "skill_kind": st.sampled_from(["soft", "technical", "hard"]),
}
right: dict[str, st.SearchStrategy[Any]] = {
    "text": words,
    "url": st.sampled_from(["https://example.org/a", "http://example.com"]),
    "date": partial_dates,
    "texts": st.lists(words, min_size=1, max_size=3),
    "flag": st.booleans(),
    "number": st.sampled_from([3.5, 4]),
    "country": st.just("DE"),
    "fluency": st.sampled_from(["native", "fluent", "conversational", "basic"]),
    "skill_kind": st.just("soft"),
}
# Beyond 10 KiB nothing can be kept; in characters of four bytes, since hypothesis shows what it draws.
TOO_MUCH = "🎓" * 2700
unknown = st.dictionaries(
    st.sampled_from(["x-note", "rating", "tags"]),
    st.one_of(json_values, json_values, json_values, st.just(TOO_MUCH)),
    max_size=1,
)


def _values(key: Key) -> st.SearchStrategy[Any]:
    return right[key.kind] | right[key.kind] | right[key.kind] | odd[key.kind]


def _objects(keys: tuple[Key, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any of the keys, and objects with all of them of which one is odd or none."""
    names = {name: _values(key) for key in keys for name in (key.name, *key.also)}
    some = st.fixed_dictionaries({}, optional=names)
    whole = st.fixed_dictionaries({key.name: right[key.kind] for key in keys})
    one_odd = st.one_of(st.just({}), *(st.fixed_dictionaries({key.name: odd[key.kind]}) for key in keys))
    mostly_right = st.builds(lambda all_right, changed: {**all_right, **changed}, whole, one_odd)
    return st.builds(lambda known, others: {**others, **known}, some | mostly_right, unknown)


def _lists(section: Section) -> st.SearchStrategy[Any]:
    items = _objects(section.keys)
    if section is SKILLS:
        # Often the same one again.
        items = (
            st.builds(lambda item, name: {**item, "name": name}, items, st.sampled_from(["Go", "go", " Go "])) | items
        )
    as_object = st.dictionaries(words, right["texts"] | words, min_size=1, max_size=2)
    one = st.fixed_dictionaries({section.keys[0].name: words})
    return st.lists(items | st.sampled_from([None, "text", {}]), max_size=3) | st.just("no list") | as_object | one


_profiles = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "network": st.sampled_from(["LinkedIn", "GitHub", "Twitter", " linkedin", "", "x" * 60]),
            "username": words,
            "url": right["url"] | odd["url"],
            "x-note": words,
        },
    ),
    max_size=3,
)
_basics = st.builds(
    lambda name, own, rest: {**own, **rest, "name": name},
    words.map(str.strip).filter(bool),
    _objects(BASICS),
    st.fixed_dictionaries(
        {},
        optional={
            "location": _objects(LOCATION) | st.just("London"),
            "profiles": _profiles | st.dictionaries(words, right["url"] | words, min_size=1, max_size=2),
            **dict.fromkeys(("linkedin", "github"), right["url"] | odd["url"]),
        },
    ),
)
# What our own exports say below `meta`, also as a hand may have changed it.
_ours = st.fixed_dictionaries(
    {},
    optional={
        "label": words | st.sampled_from(["", "x" * 120, 7]),
        "customFields": st.dictionaries(words, json_values | st.just(TOO_MUCH), max_size=2) | st.just("none"),
        "unknown": st.dictionaries(st.sampled_from(["x-own", "basics"]), json_values, max_size=2) | st.just([]),
    },
)
_meta = st.fixed_dictionaries({}, optional={"version": words, "theme": words, OURS_IN_META: _ours | st.just("none")})


def resumes() -> st.SearchStrategy[dict[str, Any]]:
    """JSON Resume documents with a name: mostly right, often odd."""
    sections = (*(section for section in SECTIONS if not section.is_ours), SKILLS)
    lists: dict[str, Any] = {section.name: _lists(section) for section in sections}
    rest = {
        "$schema": st.sampled_from([SCHEMA_URL, "https://example.org/v1.2.1/schema.json", None, 1]),
        "meta": _meta | st.just(1),
        "x-own": json_values,
    }
    return st.builds(
        lambda basics, others: {"basics": basics, **others},
        _basics,
        st.fixed_dictionaries({}, optional={**lists, **rest}),
    )


def _items(kind: type[Component]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Items of the samples' values, each field there or left out as far as it may be, hidden or not."""
    sample = dict(SAMPLES[kind])
    needed = set(kind.required_fields())
    first = kind.content_fields()[0]
    fields: dict[str, Any] = {name: st.just(value) for name, value in sample.items()}
    fields |= {first: words.map(lambda text: f"A {text}"), "is_visible": st.booleans()}
    fields["extra"] = st.just({}) | st.just({"x-rating": [1, {"a": None}]})
    if "proficiency" in fields:
        fields["proficiency"] = right["fluency"]
    required = {name: made for name, made in fields.items() if name in needed}
    optional = {name: made for name, made in fields.items() if name not in needed}
    return st.lists(st.fixed_dictionaries(required, optional=optional), max_size=3)


def careers() -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of POST /profiles, without ids."""
    info = {
        **{name: st.just(value) for name, value in PERSONAL_INFO.items()},
        "location": st.sampled_from(["London", "London, GB", None]),
        "city": st.sampled_from(["London", None]),
        "linkedin": st.sampled_from(["https://linkedin.com/in/ada", None]),
        "links": st.lists(
            st.fixed_dictionaries(
                {
                    "network": st.sampled_from(["LinkedIn", "GitHub", "Mastodon"]),
                    "username": st.sampled_from(["ada", None]),
                    "url": st.sampled_from(["https://linkedin.com/in/ada", "https://example.org/ada", None]),
                }
            ),
            max_size=2,
        ),
    }
    needed = {name: info.pop(name) for name in ("full_name", "email")}
    lists = {kind.plural: _items(kind) for kind in COMPONENTS}
    names = st.lists(st.sampled_from(["Go", "Python", "C++", "Calm", "Not given"]), unique=True, max_size=3)
    skills: dict[str, Any] = {kind.plural: lists.pop(kind.plural) for kind in COMPONENTS if kind.in_skills}
    skills |= {"technical": names, "soft": names}
    return st.fixed_dictionaries(
        {"personal_info": st.fixed_dictionaries(needed, optional=info)},
        optional={
            "label": st.sampled_from(["Master", "For research"]),
            "professional_summary": st.sampled_from(["Wrote the first program.", None]),
            "enhanced_professional_summary": st.sampled_from(["The first programmer.", None]),
            "skills": st.fixed_dictionaries({}, optional=skills).flatmap(_with_details),
            "custom_fields": st.dictionaries(words.map(lambda text: f"k{text}".strip()), json_values, max_size=2),
            "extra": st.just({}) | st.just({"x-source": {"a": [1]}}),
            **lists,
        },
    )


def _with_details(skills: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    named = [(kind, name) for kind in ("technical", "soft") for name in skills.get(kind, ())]
    details = [
        st.fixed_dictionaries(
            {"kind": st.just(kind), "name": st.just(name), "level": st.sampled_from(["Master", "C"])},
            optional={"keywords": st.just(["loops"]), "extra": st.just({"x-years": 3})},
        )
        for kind, name in named
    ]
    return st.tuples(*details).map(lambda made: {**skills, "details": list(made)})
