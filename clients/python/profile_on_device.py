"""A profile on a device that is off line half of the time, to be copied: docs/guide/synchronising.md explains it."""

import sqlite3
from collections.abc import Callable
from functools import reduce
from json import dumps, loads
from typing import Any

import httpx

# `items` is what the service has: where data is null it is gone, and the id "" has the order of a list. `queue` is what
# was changed here: new, sent (it may be stored, though no answer came), done, or with an answer that asks the person.
TABLES = """CREATE TABLE IF NOT EXISTS items (kind, id, version, data, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS queue (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind, id, base, change, status, answer);
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, since);
CREATE VIEW IF NOT EXISTS asked AS SELECT kind, id FROM queue WHERE answer IS NOT NULL;
CREATE VIEW IF NOT EXISTS waiting AS SELECT kind, id FROM queue WHERE status <> 'done'"""
STORE = "REPLACE INTO items SELECT * FROM (SELECT ? AS kind, ? AS id, ?, ?) WHERE (kind, id) NOT IN asked"
PULLED = "REPLACE INTO items SELECT * FROM (SELECT ? AS kind, ? AS id, ?, ?) WHERE (kind, id) NOT IN waiting"
QUEUE = "INSERT INTO queue VALUES (?, ?, ?, ?, ?, 'new', NULL)"
QUEUED = "SELECT * FROM queue WHERE kind = ? AND id = ? ORDER BY seq"
SHOWN = """SELECT 0 AS seq, id, iif(data = 'null', version, 0) AS base, data AS change FROM items WHERE kind = :kind
UNION ALL SELECT seq, id, base, change FROM queue WHERE kind = :kind AND status <> 'done' ORDER BY seq"""
TO_SEND = """SELECT *, json_object('kind', kind, 'id', nullif(id, ''), 'base', base) AS named FROM queue JOIN (
SELECT kind, id, min(seq) FILTER (WHERE status = 'sent') AS first FROM queue WHERE (kind, id) NOT IN asked GROUP BY 1, 2
) USING (kind, id) WHERE status <> 'new' AND seq > first - 50 ORDER BY id = '', first, seq LIMIT 100"""


class Later(Exception):
    """The service can't be reached; nothing is lost. Synchronise again after as many seconds as its argument says."""


class ProfileOnDevice:
    """The local copy of a profile and what was changed in it, in a database that only one `sync` at a time may use."""

    def __init__(self, api: str, profile: str, path: str, token: Callable[[], str], **options: Any) -> None:
        self.token = token
        self.http = httpx.Client(base_url=f"{api}/profiles/{profile}", timeout=30, **options)
        self.db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(TABLES)

    def items(self, kind: str) -> dict[str, dict[str, Any]]:
        """The items of a kind by id, in order, with all that was changed here."""
        found, gone = dict[str, dict[str, Any]](), dict[str, int]()
        for row in self.db.execute(SHOWN, {"kind": kind}):
            pk, change = row["id"], loads(row["change"])
            if not change or "delete" in change:
                found.pop(pk, None)
                gone[pk] = row["base"]
            elif pk in found or row["base"] == gone.get(pk, 0):
                found[pk] = over(found.get(pk, {}), change.get("set", change))
        return {pk: found[pk] for pk in [*found.pop("", {"order": []})["order"], *found] if pk in found}

    def change(self, kind: str, pk: str, change: dict[str, Any]) -> None:
        """Queue a change: `{"set": {…}}`, `{"delete": True}`, or with the id "" `{"order": […]}`."""
        with self.db.execute("BEGIN IMMEDIATE").connection:
            row = self.db.execute("SELECT version FROM items WHERE kind = ? AND id = ?", (kind, pk)).fetchone()
            seq, base, queued = None, row["version"] if row else 0, self.db.execute(QUEUED, (kind, pk)).fetchall()
            while queued and queued[-1]["status"] in {"new", "rejected"}:
                before = loads(queued[-1]["change"])
                if queued[-1]["base"] != base and not (before.get("set", {}).keys() & change.get("set", {}).keys()):
                    break  # each is made from something else
                seq, base = queued[-1]["seq"], queued.pop()["base"]
                change = over(before, change) if "set" in before and "set" in change else change
                self.db.execute("DELETE FROM queue WHERE seq = ?", (seq,))
            new = QUEUE, (seq, kind, pk, base, dumps(change))
            is_known = queued or base or "delete" not in change  # else all is pulled: it may be another device's by now
            self.db.execute(*new if is_known else ("DELETE FROM state",))

    def sync(self) -> None:
        """Send what was changed here, then fetch what was changed elsewhere."""
        self.db.execute("UPDATE queue SET status = 'sent' WHERE status = 'new' AND (kind, id) NOT IN asked")
        while rows := self.db.execute(TO_SEND).fetchall():
            changes = [{**loads(row["named"]), **loads(row["change"])} for row in rows]
            results = self._ask("POST", json={"changes": changes}).raise_for_status().json()["results"]
            with self.db.execute("BEGIN IMMEDIATE").connection:
                self._take([*zip(rows, results, strict=True)])
                self.db.execute("DELETE FROM queue WHERE status = 'done' AND (kind, id) NOT IN waiting")
        while self._pull():
            pass

    def _take(self, answers: list[tuple[sqlite3.Row, dict[str, Any]]]) -> None:
        asks = [(r["status"], dumps(r), row["seq"]) for row, r in answers if r["status"] in {"conflict", "rejected"}]
        self.db.executemany("UPDATE queue SET status = ?, answer = ? WHERE seq = ? AND status = 'sent'", asks)
        for row, result in answers:  # of what is asked about, all stays as the person sees it
            data = None if result["deleted"] else result["data"]
            self.db.execute("UPDATE queue SET status = 'done' WHERE seq = ? AND (kind, id) NOT IN asked", (row["seq"],))
            self.db.execute(STORE, (row["kind"], result["id"] or row["id"], result["version"] or 0, dumps(data)))

    def _pull(self) -> bool:
        answer = self._ask("GET", params=dict(self.db.execute("SELECT max(since) AS since FROM state").fetchone()))
        if answer.status_code == 410:  # too long ago: all of it anew, and what is queued stays queued
            self.db.execute("DELETE FROM state")
            return True
        page = answer.raise_for_status().json()
        rows = [(kind, "", page["version"], dumps({"order": ids})) for kind, ids in page["order"].items()]
        rows += [(e["kind"], e["id"], e["version"], dumps(e.get("data"))) for e in page["changed"] + page["deleted"]]
        with self.db.execute("BEGIN IMMEDIATE").connection:
            self.db.execute("DELETE FROM items WHERE ? AND (kind, id) NOT IN waiting", (page["full"],))
            self.db.executemany(PULLED, rows)
            self.db.execute("REPLACE INTO state VALUES (1, ?)", (page["state"],))
        return bool(page["has_more"])

    def _ask(self, method: str, *, again: bool = True, **options: Any) -> httpx.Response:
        try:
            self.http.headers["Authorization"] = self.http.headers.get("Authorization") or f"Bearer {self.token()}"
            answer = self.http.request(method, "/changes", **options)
        except httpx.TransportError as fault:
            raise Later(30) from fault
        if answer.status_code == 401 and again:
            del self.http.headers["Authorization"]
            return self._ask(method, again=False, **options)
        if answer.status_code in {429, 500, 502, 503, 504} or "json" not in answer.headers.get("Content-Type", ""):
            raise Later(int(answer.headers.get("Retry-After", 60)))
        return answer

    def questions(self) -> list[dict[str, Any]]:
        """What to ask the person: the results that are a conflict or rejected, each with its `change`."""
        rows = self.db.execute("SELECT * FROM queue WHERE answer IS NOT NULL ORDER BY seq").fetchall()
        return [{**loads(row["answer"]), **dict(row), "change": loads(row["change"])} for row in rows]

    def resolve(self, question: dict[str, Any], *, mine: bool) -> None:
        """Push the change so that it holds against what the person was shown, not what came later, or give it up."""
        kind, pk, seq, version = question["kind"], question["id"], question["seq"], question["version"] or 0
        change, conflict = question["change"], question["conflict"] or {}
        rest = change if question["problem"] and mine else {"set": {}}
        seen = self.items(kind).get(pk, change.get("set", {}))  # they may have edited it again meanwhile
        if question["deleted"]:  # a new item, of all that there is of it
            ours = (loads(row["change"]) for row in self.db.execute(QUEUED, (kind, pk)) if row["status"] != "done")
            change = {"set": reduce(over, (each.get("set", {}) for each in ours), question["data"] or seen)}
            change |= {} if version or question["base"] else {"resolve": "mine"}
        elif conflict and "set" in change:  # what nobody asks about is sent as it was
            rest = {"set": some(change["set"], conflict, are_in=False)}
            now = some(seen, conflict, are_in=True).items()
            change = {"set": {name: merged(conflict.get(name), value) for name, value in now}}
        with self.db.execute("BEGIN IMMEDIATE").connection as db:
            answered = "UPDATE queue SET status = 'sent', change = ?, answer = NULL WHERE seq = ? AND answer = ?"
            if not db.execute(answered, (dumps(rest), seq, question["answer"])).rowcount:
                return  # they have answered it, or edited what was rejected
            if not (mine or question["deleted"] or question["data"]):
                db.execute("DELETE FROM queue WHERE seq = ?", (seq,))
                db.execute("DELETE FROM state")  # there was no such item, but may be one by now
            if mine and conflict:
                db.execute(QUEUE, (None, kind, pk, version, dumps(change)))
            elif question["deleted"]:
                db.execute(STORE, (kind, pk, version, "null"))

    def clear(self) -> None:
        """Forget the person's data, at log-out."""
        self.db.executescript("DELETE FROM state; DELETE FROM queue; DELETE FROM items; VACUUM")


def over(data: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """An item or a change with these members set; those of `personal_info` one by one, as the service does it."""
    inside = {"set", "personal_info"} & data.keys() & values.keys()
    return {**data, **values, **{name: over(data[name], values[name]) for name in inside}}


def some(values: dict[str, Any], conflict: dict[str, Any], *, are_in: bool) -> dict[str, Any]:
    """The members in conflict, or the others; those of `personal_info` one by one."""
    names = {name.removeprefix("personal_info.").partition(".")[0] for name in conflict}
    found = {n: v for n, v in values.items() if (n in names) is are_in and n != "personal_info"}
    info = {n: v for n, v in values.get("personal_info", {}).items() if (n in names) is are_in}
    return {**found, "personal_info": info} if info else found


def merged(conflict: dict[str, Any] | None, mine: Any) -> Any:
    """What holds of a member in conflict: of a list what either side has added, of all else the person's."""
    base, stored = (conflict["base"] or [], conflict["stored"]) if conflict else ([], None)
    if not isinstance(mine, list) or not isinstance(stored, list):
        return mine
    return [each for each in stored if each in mine or each not in base] + [e for e in mine if e not in stored]
