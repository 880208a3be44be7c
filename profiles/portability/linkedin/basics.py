"""`basics`, put together from the rows of three files."""

from typing import Any

from profiles.portability.linkedin.files import FILES
from profiles.portability.linkedin.notes import Item, Note, Place, of_file
from profiles.portability.linkedin.values import NO_ADDRESS, READ_AS, handles, network_profile, read_url, websites
from profiles.portability.persons import full_name
from profiles_project.texts import shown
from profiles_project.words.sentences import mark, say

_KEPT = {"email": mark("e-mail address"), "phone": mark("phone number")}
_REST = mark("Only this is kept of each row: {kept}. Not read: {names}.")


class Basics:
    """`basics`, put together from the rows of three files."""

    def __init__(self, notes: list[Note]) -> None:
        self.found: Item = {}
        # What the person may be called.
        self.names: list[str] = []
        self.places: dict[str, str] = {}
        self.notes = notes

    def put(self, key: str, value: Any, place: str) -> None:
        """Sets a key, unless there is no value."""
        if value:
            self.found[key] = value
            self.places[f"/basics/{key}"] = place

    def add_person(self, rows: list[tuple[Place, Item]]) -> None:
        """Profile.csv, which has one row."""
        for below, _ in rows[1:]:
            detail = mark("Only the first row is the profile; this one was not read.")
            self.notes.append(Note(below.said, "refused", detail))
        for row, item in rows[:1]:
            place = row.said
            first, last = (item.pop(key, "") for key in ("firstName", "lastName"))
            self.put("name", full_name(first, last), place)
            if "name" in self.found:
                born = full_name(first, item["maidenName"]) if "maidenName" in item else ""
                self.names = [self.found["name"], *filter(None, [born])]
            location = {key: item.pop(key) for key in ("address", "postalCode", "display") if key in item}
            nicknames, sites = (item.pop(key, "") for key in ("twitterHandles", "websites"))
            for key, value in item.items():
                self.put(key, value, place)
            self.put("location", location, place)
            self.add_profiles([{"network": "Twitter", "username": name} for name in handles(nicknames)], place)
            self.add_websites(websites(sites), place)

    def add_profiles(self, profiles: list[dict[str, str]], place: str) -> None:
        """Adds items to `profiles`."""
        for profile in profiles:
            known = self.found.setdefault("profiles", [])
            self.places[f"/basics/profiles/{len(known)}"] = place
            known.append(profile)

    def add_websites(self, addresses: list[str], place: str) -> None:
        """The first website is the person's address on the web; a page in a network is a profile there."""
        others = []
        for text in addresses:
            address = read_url(text)
            if profile := network_profile(address):
                self.add_profiles([profile], place)
            elif address and "url" not in self.found:
                self.put("url", address, place)
            else:
                others.append(address or text)
            if not address:
                detail = say(NO_ADDRESS, column="Websites", text=shown(text), key="otherWebsites")
                self.notes.append(Note(place, "kept_aside", detail))
            elif address != text:
                detail = say(READ_AS, column="Websites", text=shown(text), value=shown(address))
                self.notes.append(Note(place, "changed", detail))
        self.put("otherWebsites", others, place)

    def add_contacts(self, key: str, rows: list[tuple[Place, Item]], first: tuple[str, tuple[str, ...]]) -> None:
        """E-mail addresses or phone numbers: the one of which the column `first` says so, then the others in order."""
        column, words = first
        rows = sorted(rows, key=lambda row: str(row[1].get(column, "")).casefold() not in words)
        contacts = [(_contact(item, key), place.said) for place, item in rows if key in item]
        if contacts:
            self.put(key, *contacts[0])
        if others := contacts[1:]:
            self.put(f"other{key.capitalize()}s", [text for text, _ in others], others[0][1])
        if unread := {name: None for _, item in rows for name in item if name not in (key, "extension")}:
            columns = {
                made: column for form in FILES.values() for column, made in form.columns.items() if form.part == key
            }
            names = ", ".join(columns.get(name, name) for name in list(unread)[:10])
            self.notes.append(Note(of_file(rows[0][0].file), "refused", say(_REST, kept=_KEPT[key], names=names)))


def _contact(item: Item, key: str) -> str:
    """An address or a number, with its extension where it has one."""
    return f"{item[key]} ext. {item['extension']}" if "extension" in item else str(item[key])
