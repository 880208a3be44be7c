"""A profile on a device that is off line half of the time, to be copied: docs/guide/synchronising.md explains it."""

import sqlite3
from collections.abc import Callable
from functools import reduce
from json import dumps, loads
from typing import Any

import httpx

TABLES = """CREATE TABLE IF NOT EXISTS items (kind, id, version, data, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS queue (seq REAL PRIMARY KEY, kind, id, base, change, status, answer);
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, since);
CREATE VIEW IF NOT EXISTS asked AS SELECT kind, id FROM queue WHERE answer IS NOT NULL;
CREATE VIEW IF NOT EXISTS waiting AS SELECT kind, id FROM queue WHERE status <> 'done'"""
STORE = "REPLACE INTO items VALUES (?, ?, ?, ?)"
PULLED = "REPLACE INTO items SELECT * FROM (SELECT ? AS kind, ? AS id, ?, ?) WHERE (kind, id) NOT IN waiting"
QUEUE = "INSERT INTO queue SELECT coalesce(?, max(seq) + 1, 1), ?, ?, ?, ?, ?, NULL FROM queue"
SEEN = """SELECT min(version) FROM (SELECT kind, id, version FROM items UNION
    SELECT kind, id, json_extract(answer, '$.version') FROM queue) WHERE kind = ? AND id = ?"""
QUEUED = "SELECT * FROM queue WHERE kind = ? AND id = ? ORDER BY seq"
SHOWN = """SELECT 0 AS seq, id, iif(data = 'null', version, 0) AS base, data AS change FROM items WHERE kind = :kind
UNION ALL SELECT seq, id, base, change FROM queue WHERE kind = :kind AND status <> 'done' ORDER BY seq"""
TO_SEND = """SELECT *, json_object('kind', kind, 'id', nullif(id, ''), 'base', base) AS named FROM queue JOIN (
    SELECT kind, id, min(seq) FILTER (WHERE status = 'sent') AS first FROM queue GROUP BY kind, id) USING (kind, id)
WHERE status = 'sent' OR status = 'done' AND seq BETWEEN first - 50 AND first ORDER BY id = '', first, seq LIMIT 100"""


class Later(Exception):
    """The service can't be reached; nothing is lost. Synchronise again after as many seconds as its argument says."""


class ProfileOnDevice:
    """The local copy of a profile and what was changed in it, in a database that only one `sync` at a time may use."""

    def __init__(self, api: str, profile: str, path: str, token: Callable[[], str], **options: Any) -> None:
        self.http = httpx.Client(base_url=f"{api}/profiles/{profile}", timeout=30, **options)
        self.token, self.db = token, sqlite3.connect(path, timeout=30, isolation_level=None)
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
            base = self.db.execute(SEEN, (kind, pk)).fetchone()[0] or 0
            seq, queued = None, self.db.execute(QUEUED, (kind, pk)).fetchall()
            while queued and queued[-1]["status"] in {"new", "rejected"}:
                before = loads(queued[-1]["change"])
                if queued[-1]["base"] != base and not (before.get("set", {}).keys() & change.get("set", {}).keys()):
                    break  # each is made from something else
                seq, base = queued[-1]["seq"], queued.pop()["base"]
                change = over(before, change) if "set" in before and "set" in change else change
                self.db.execute("DELETE FROM queue WHERE seq = ?", (seq,))
            self._queue(seq, kind, pk, base, change, is_known=queued or base or "delete" not in change)

    def sync(self) -> None:
        """Send what was changed here, then fetch what was changed elsewhere."""
        self.db.execute("UPDATE queue SET status = 'sent' WHERE status = 'new' AND (kind, id) NOT IN asked")
        while rows := self.db.execute(TO_SEND).fetchall():
            changes = [{**loads(row["named"]), **loads(row["change"])} for row in rows]
            results = self._ask("POST", json={"changes": changes}).raise_for_status().json()["results"]
            with self.db.execute("BEGIN IMMEDIATE").connection:
                for row, result in [*zip(rows, results, strict=True)][::-1]:
                    self._take(row, result)
                self.db.execute("DELETE FROM queue WHERE status = 'done' AND (kind, id) NOT IN waiting")
        while self._pull():
            pass

    def _take(self, row: sqlite3.Row, result: dict[str, Any]) -> None:
        seq, kind, pk, data = row["seq"], row["kind"], row["id"], None if result["deleted"] else result["data"]
        change, taken = loads(row["change"]), ["done", row["change"], None]
        if row["status"] == "sent" and result["status"] in {"conflict", "rejected"}:
            if result["deleted"] and not result["data"] and pk in self.items(kind):
                change = {"set": self.items(kind)[pk], "resolve": None if row["base"] else "mine"}  # all that is left
            elif result["conflict"] and data and "set" in change:  # what nobody asks about goes on
                rest, change = ({"set": some(change["set"], result["conflict"], are_in=yes)} for yes in (False, True))
                if rest["set"]:
                    before = self.db.execute("SELECT max(seq) FROM queue WHERE seq < ?", (seq,)).fetchone()[0] or 0
                    self.db.execute(QUEUE, ((before + seq) / 2, kind, pk, row["base"], dumps(rest), "sent"))
            taken = [result["status"], dumps(change), dumps(result)]
        self.db.execute("UPDATE queue SET status = ?, change = ?, answer = ? WHERE seq = ?", (*taken, seq))
        if data or result["status"] != "rejected":
            self.db.execute(STORE, (kind, result["id"] or pk, result["version"] or 0, dumps(data)))

    def _pull(self) -> bool:
        answer = self._ask("GET", params=dict(self.db.execute("SELECT max(since) AS since FROM state").fetchone()))
        if answer.status_code == 410:  # too long ago: all of it anew, and what is queued stays queued
            self.db.execute("DELETE FROM state")
            return True
        page = answer.raise_for_status().json()
        rows = [(kind, "", page["version"], dumps({"order": ids})) for kind, ids in page["order"].items()]
        rows += [(e["kind"], e["id"], e["version"], dumps(e.get("data"))) for e in page["changed"] + page["deleted"]]
        with self.db.execute("BEGIN IMMEDIATE").connection:
            self.db.execute("DELETE FROM items WHERE :full AND data <> 'null' AND (kind, id) NOT IN waiting", page)
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
        kind, pk, conflict, whole = question["kind"], question["id"], question["conflict"] or {}, question["deleted"]
        change = question["change"] if mine else {"set": {}}  # its answer tells what is stored by then
        base = question["version"] or 0 if mine and conflict else question["base"]
        with self.db.execute("BEGIN IMMEDIATE").connection:
            ours = [loads(row["change"]) for row in self.db.execute(QUEUED, (kind, pk)) if row["status"] != "done"]
            if not self.db.execute("DELETE FROM queue WHERE seq = :seq AND answer = :answer", question).rowcount:
                return  # they have answered it before, or edited what was rejected
            if mine and conflict and "set" in change:  # they may have edited it again; what is deleted comes back whole
                sets = (e if whole else some(e, conflict, are_in=True) for e in (each.get("set", {}) for each in ours))
                now = reduce(over, sets, question["data"] or {} if whole else {})
                change = {**change, "set": {name: merged(question, name, now[name]) for name in now}}
                if "details" in now:  # the map of all skills, which only the service can merge
                    change, base = {**change, "resolve": "mine"}, question["base"]
            self._queue(question["seq"], kind, pk, base, change, is_known=mine or question["data"] or conflict)

    def _queue(self, *row: Any, is_known: Any) -> None:
        statement: Any = (QUEUE, (*row[:-1], dumps(row[-1]), "new")) if is_known else ("DELETE FROM state",)
        self.db.execute(*statement)  # without a state all is fetched, what a pull has passed over too

    def clear(self) -> None:
        """Forget the person's data, at log-out."""
        self.db.executescript("BEGIN; DELETE FROM items; DELETE FROM queue; DELETE FROM state; COMMIT; VACUUM")


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


def merged(question: dict[str, Any], name: str, mine: Any) -> Any:
    """What holds of a member: of a list in question what either side has added, of all else the person's."""
    base, stored = question["conflict"].get(name, {}).get("base") or [], (question["data"] or {}).get(name)
    if not isinstance(mine, list) or not isinstance(stored, list):
        return mine
    return [each for each in stored if each in mine or each not in base] + [e for e in mine if e not in stored]
