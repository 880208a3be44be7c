"""A career document written as a JSON Resume document of version 1.0.0, which its official schema allows."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from profiles.portability.json_resume import mapping
from profiles.portability.json_resume.mapping import SKILLS, Key, Section, is_empty
from profiles.portability.json_resume.reading import OTHER_PROFILES, full_link, one_line
from profiles.portability.json_resume.values import fingerprint, fits

HIDDEN = "hidden"
REFERENCES = "references"


def write(document: Mapping[str, Any], sections: Sequence[Section], *, include: Collection[str] = ()) -> dict[str, Any]:
    """The résumé of a career document (contract 3.1).

    `sections` are its lists; those that JSON Resume lacks stand below `meta`. What is hidden, and references, which are
    other people's data, are left out unless `include` names them.
    """
    extra = document["extra"]
    made: dict[str, Any] = {"$schema": mapping.SCHEMA_URL, "basics": _basics(document, _object(extra, "basics"))}
    ours: dict[str, Any] = {}
    for section in sections:
        if section.is_private and REFERENCES not in include:
            continue
        items = section.holder(document)[section.plural]
        shown = [_item(section, item, include) for item in items if item["is_visible"] or HIDDEN in include]
        holder, name = (ours, section.plural) if section.is_ours else (made, section.name)
        holder[name] = _with_kept(section, shown, extra, include)
    made["skills"] = _with_kept(SKILLS, _skills(document["skills"]), extra, include)
    made["meta"] = _meta(document, _shown(extra, include), sections, ours)
    return {name: value for name, value in made.items() if not is_empty(value)}


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    return found if isinstance(found, Mapping) else {}


def _written(keys: Iterable[Key], values: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """An object of the résumé: our values, or their originals where nobody has changed the values since the import."""
    by_name = {key.name: key for key in keys}
    made = {key.name: values[key.field] for key in by_name.values() if _says_more(key, values)}
    for name, kept in extra.items():
        key = by_name.get(name)
        if key is None:
            made.setdefault(name, kept)
        elif isinstance(kept, Mapping) and kept.get("stored") == fingerprint(values.get(key.field)):
            made = _given_back(made, key, kept)
    return made


def _says_more(key: Key, values: Mapping[str, Any]) -> bool:
    """Whether the key's value says more than an absent key would."""
    value = values.get(key.field)
    return not is_empty(value) and value != key.said_by_absence(values)


def _given_back(made: dict[str, Any], key: Key, kept: Mapping[str, Any]) -> dict[str, Any]:
    if "given" not in kept:
        return {name: value for name, value in made.items() if name != key.name}
    return {**made, key.name: kept["given"]} if fits(key, kept["given"]) else made


def _item(section: Section, item: Mapping[str, Any], include: Collection[str]) -> dict[str, Any]:
    return _written(section.keys, item, _shown(item["extra"], include))


def _skills(skills: Mapping[str, Any]) -> list[dict[str, Any]]:
    details = {(each["kind"], each["name"]): each for each in skills["details"]}
    made = []
    for kind in ("technical", "soft"):
        for name in skills[kind]:
            detail = details.get((kind, name), {"extra": {}})
            values = {**detail, "name": name, "kind": kind}
            made.append(_written(SKILLS.keys, values, detail["extra"]))
    return made


def _with_kept(
    section: Section, items: list[dict[str, Any]], extra: Mapping[str, Any], include: Collection[str]
) -> list[Any]:
    """The items, with those that were kept aside in the places where they stood."""
    kept = _object(extra, section.name)
    shown = {p: raw for p, raw in kept.items() if HIDDEN in include or _is_visible(raw)}
    shown = {p: _shown(raw, include) if isinstance(raw, Mapping) else raw for p, raw in shown.items()}
    return _inserted(items, shown, section.keys)


def _inserted(items: list[Any], kept: Mapping[str, Any], keys: Sequence[Key]) -> list[Any]:
    """The items, and each of the kept ones that the schema allows at the place that is its key."""
    # Imports write places, but a client can put any key there.
    places = sorted((int(place), place) for place in kept if re.fullmatch(r"[0-9]{1,5}", place))
    missing = 0
    for number, place in places:
        if _object_fits(keys, kept[place]):
            items.insert(number - missing, kept[place])
        else:
            missing += 1
    return items


def _object_fits(keys: Sequence[Key], raw: Any) -> bool:
    return isinstance(raw, Mapping) and all(fits(key, raw[key.name]) for key in keys if key.name in raw)


def _basics(document: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    info = document["personal_info"]
    values = {**info, **{name: document[name] for name in mapping.SUMMARIES}}
    apart = {"location", "profiles", OTHER_PROFILES, *mapping.NETWORKS.values()}
    own = {name: kept for name, kept in extra.items() if name not in apart}
    made = _written(mapping.BASICS, values, own)
    made["location"] = _place(info, _object(extra, "location"))
    made["profiles"] = _profiles(info["links"], extra)
    made |= _networks(info, extra)
    return {name: value for name, value in made.items() if name in mapping.NETWORKS.values() or not is_empty(value)}


def _place(info: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    made = _written(mapping.LOCATION, info, extra)
    parts = {key.field: info[key.field] for key in mapping.LOCATION if not is_empty(info[key.field])}
    if info["location"] != one_line(parts):
        if not parts and not made:
            # For programs that don't know `display`. An import sees that both are the same.
            made["city"] = info["location"]
        made["display"] = info["location"]
    return made


def _profiles(links: Sequence[Mapping[str, Any]], extra: Mapping[str, Any]) -> list[Any]:
    kept = extra.get("profiles")
    kept = [each for each in kept if isinstance(each, Mapping)] if isinstance(kept, list) else []
    made: list[Any] = []
    for link in links:
        mark = fingerprint(full_link(link))
        found: Mapping[str, Any] = next((each for each in kept if each.get("of") == mark), {})
        kept = [each for each in kept if each is not found]
        rest = {name: value for name, value in found.items() if name != "of"}
        made.append(_written(mapping.PROFILES, link, rest))
    return _inserted(made, _object(extra, OTHER_PROFILES), mapping.PROFILES)


def _networks(info: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The addresses with fields of their own, where no link gives the same."""
    said: dict[str, Any] = {}
    for link in info["links"]:
        name = mapping.NETWORKS.get(link["network"].casefold())
        if name and link["url"]:
            said.setdefault(name, link["url"])
    kept = {name: _object(extra, name) for name in mapping.NETWORKS.values()}
    came = _written(mapping.NETWORK_KEYS, info, {name: mark for name, mark in kept.items() if "given" in mark})
    return {
        name: came.get(name)
        for name in mapping.NETWORKS.values()
        if info[name] != said.get(name) or came.get(name) != info[name]
    }


def _shown(extra: Mapping[str, Any], include: Collection[str]) -> Mapping[str, Any]:
    """What came beyond our fields, without hidden parts and hidden items of its lists unless they are asked for."""
    if HIDDEN in include:
        return extra
    return {name: _shown_value(value) for name, value in extra.items() if _is_visible(value)}


def _shown_value(value: Any) -> Any:
    """A list without its hidden items, also where it stands below a name."""
    if isinstance(value, list):
        return [item for item in value if _is_visible(item)]
    if isinstance(value, Mapping) and isinstance(value.get("items"), list):
        return {**value, "items": _shown_value(value["items"])}
    return value


def _is_visible(item: Any) -> bool:
    return not (isinstance(item, Mapping) and item.get("isVisible") is False)


def _meta(
    document: Mapping[str, Any], extra: Mapping[str, Any], sections: Sequence[Section], lists: Mapping[str, Any]
) -> dict[str, Any]:
    """What came as `meta`, and what no other key says: label, custom fields, unknown keys, `lists` of ours."""
    texts = ("canonical", "version", "lastModified")
    given = _object(_object(extra, "meta"), "given")
    made = {name: value for name, value in given.items() if name not in texts or isinstance(value, str)}
    known = {*mapping.TOP_LEVEL, *(section.name for section in sections)}
    unknown = {name: value for name, value in extra.items() if name not in known}
    ours = {"label": document["label"], "customFields": document["custom_fields"], "unknown": unknown}
    ours["lists"] = {name: items for name, items in lists.items() if items}
    if ours["label"] == mapping.DEFAULT_LABEL:
        del ours["label"]
    ours = {name: value for name, value in ours.items() if not is_empty(value)}
    return {**made, mapping.OURS_IN_META: ours} if ours else made
