"""Which profiles are visited by which works, and the profiles that get items of their own for some of them."""

import json
from collections.abc import Mapping, Sequence

from bench.careers.data import Target
from bench.measuring.load import Reader
from bench.works import EXPERIENCES, PROFILE, SOME, THOUSAND, TWENTY, experiences

SIZES = {TWENTY: 400, THOUSAND: 20}
# Of a small database no more than this part is set aside for each group.
SHARE = 5
# Those on which ours and the others are held against each other.
PARITY = 2
ITEMS = 1_000
AT_ONCE = 100
PROJECTS = f"{PROFILE}/projects"

Groups = Mapping[str, Sequence[Target]]


def split(targets: Sequence[Target]) -> dict[str, Sequence[Target]]:
    """The targets by group; that of all other works is named by nothing."""
    rest = list(targets)
    kept = {"parity": [rest.pop() for _ in range(PARITY)]}
    for name, size in SIZES.items():
        kept[name] = [rest.pop() for _ in range(min(size, len(targets) // SHARE))]
    return {"": rest, **kept}


def fill(port: int, groups: Groups) -> dict[str, Sequence[Target]]:
    """Give the profiles of the groups their items, by the service on this port, and say what a client has seen."""
    some = json.dumps(experiences(SOME))
    with Reader(port) as reader:
        for target in groups[TWENTY]:
            reader.send("POST", _of(EXPERIENCES, target), target, 201, some)
        seen = [_thousand(reader, target) for target in groups[THOUSAND]]
    return {**groups, THOUSAND: seen}


def _thousand(reader: Reader, target: Target) -> Target:
    """A profile with a thousand items, of which a client has seen all but the last change of 20."""
    path = _of(PROJECTS, target)
    # The generated ones go, so that there are as many as a list may have.
    reader.send("PATCH", _of(PROFILE, target), target, 200, json.dumps({"projects": []}))
    ids = []
    for start in range(0, ITEMS, AT_ONCE):
        items = [{"name": f"Project {start + n}", "description": "Mends what others built."} for n in range(AT_ONCE)]
        _, content = reader.send("POST", path, target, 201, json.dumps(items))
        ids += [row["id"] for row in json.loads(content)]
    state = _state(reader, target)
    changed = [{"id": pk, "name": "Changed"} for pk in ids[:: ITEMS // SOME]]
    reader.send("PATCH", path, target, 200, json.dumps(changed))
    return target._replace(state=state)


def _state(reader: Reader, target: Target) -> str:
    """The state of who has seen all."""
    path = f"{_of(PROFILE, target)}/changes?limit=1000"
    since = ""
    while True:
        _, content = reader.send("GET", path + since, target)
        found = json.loads(content)
        if not found["has_more"]:
            return str(found["state"])
        since = f"&since={found['state']}"


def _of(path: str, target: Target) -> str:
    return path.replace("ID", target.profile_id, 1)
