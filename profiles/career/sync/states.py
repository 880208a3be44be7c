"""What a client has seen: the states that it keeps and sends back, and that it takes for opaque (contract 8)."""

import binascii
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import NamedTuple, Self

_ENTRY = struct.Struct(">16sQII")
_BETWEEN = "~"
# No profile has a newer one.
MAX_VERSION = 2**31 - 1
# Longer than a state of as many profiles as a user may ever have.
LONGEST = 8 * 2**10


class Place(NamedTuple):
    """The last entry that was told of a version whose entries a page has cut apart: its kind and its row's id."""

    kind: str
    row: str


class Seen(NamedTuple):
    """What a client has seen of a profile.

    All items up to a `version`, or up to a `place` inside it; and what was deleted up to the version `gone`, which is
    newer while the first pull of a profile goes on. `born` tells the profile from a later one with the same id.
    """

    profile_id: uuid.UUID
    born: int
    version: int
    gone: int
    place: Place | None = None

    @classmethod
    def all_of(cls, profile_id: uuid.UUID, born: int, version: int) -> Self:
        """The state of who has seen all that there is."""
        return cls(profile_id, born, version, version)

    @property
    def oldest_told(self) -> int:
        """Items of newer versions have not all been told."""
        return self.version - 1 if self.place else self.version


def written(seen: Iterable[Seen]) -> str:
    """The state as clients get it: characters that an address takes as they are."""
    entries = sorted(seen, key=lambda each: each.place is not None)
    packed = b"".join(_ENTRY.pack(each.profile_id.bytes, each.born, each.version, each.gone) for each in entries)
    text = urlsafe_b64encode(packed).decode().rstrip("=")
    place = entries[-1].place if entries else None
    return _BETWEEN.join((text, place.kind, place.row)) if place else text or _BETWEEN


def read(text: str) -> dict[uuid.UUID, Seen]:
    """What a client has seen, by profile. Raises ValueError for what is no state."""
    packed, *place = text.split(_BETWEEN)
    if len(text) > LONGEST or len(place) not in {0, 1, 2} or (len(place) == 1 and text != _BETWEEN):
        raise ValueError
    try:
        entries = list(_ENTRY.iter_unpack(urlsafe_b64decode(packed.encode("ascii") + b"=" * (-len(packed) % 4))))
    except (binascii.Error, struct.error, UnicodeEncodeError) as exc:
        raise ValueError from exc
    seen = [Seen(uuid.UUID(bytes=pk), born, version, gone) for pk, born, version, gone in entries]
    if any(max(each.version, each.gone) > MAX_VERSION for each in seen):
        raise ValueError
    if text != _BETWEEN and place:
        if not seen:
            raise ValueError
        seen[-1] = seen[-1]._replace(place=Place(*place))
    return {each.profile_id: each for each in seen}
