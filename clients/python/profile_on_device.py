"""A profile on a device that is off line half of the time, to be copied: docs/guide/synchronising.md explains it."""

import sqlite3
from collections.abc import Callable
from json import dumps, loads
from typing import Any

import httpx

# `items` is what the service has: where data is null it is gone, and the id "" has the order of a list. `queue` is what
# was changed here: new, sent (it may be stored, though no answer came), done, in conflict, or rejected.
TABLES = """CREATE TABLE IF NOT EXISTS items (kind, id, version, data, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS queue (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind, id, base, change, status, answer);
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, since)"""
STORE = "REPLACE INTO items VALUES (?, ?, ?, ?)"
QUEUE = "INSERT INTO queue (seq, kind, id, base, change, status) VALUES (?, ?, ?, ?, ?, 'new')"
QUEUED = "SELECT * FROM queue WHERE kind = ? AND id = ? AND status <> 'done' ORDER BY seq DESC"
SHOWN = """SELECT 0 AS seq, id, iif(data = 'null', version, 0) AS base, data AS change FROM items WHERE kind = :kind
UNION ALL SELECT seq, id, base, change FROM queue WHERE kind = :kind AND status <> 'done' ORDER BY seq"""
# With what is done of the same item, nothing of one about which the person is asked, and orders last.
TO_SEND = """SELECT *, json_object('kind', kind, 'id', nullif(id, ''), 'base', base) AS named FROM queue JOIN (
    SELECT kind, id, min(seq) FILTER (WHERE status = 'sent') AS first FROM queue GROUP BY kind, id
    HAVING first AND NOT max(status IN ('conflict', 'rejected'))) USING (kind, id)
WHERE status <> 'new' ORDER BY id = '', first, seq LIMIT 100"""
ANSWERED = "UPDATE queue SET status = ?, change = ?, answer = ? WHERE seq = ? AND status = 'sent'"
FORGET_DONE = "DELETE FROM queue WHERE (kind, id) NOT IN (SELECT kind, id FROM queue WHERE status <> 'done')"


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
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            row = self.db.execute("SELECT version FROM items WHERE kind = ? AND id = ?", (kind, pk)).fetchone()
            seq, base = None, row["version"] if row else 0
            for earlier in self.db.execute(QUEUED, (kind, pk)).fetchall():
                if earlier["status"] != "rejected" and (earlier["status"], earlier["base"]) != ("new", base):
                    break  # it may be stored by now, or was made from something else
                before, seq, base = loads(earlier["change"]), earlier["seq"], earlier["base"]
                if "set" in before and "set" in change:
                    change = {**before, "set": over(before["set"], change["set"])}
                self.db.execute("DELETE FROM queue WHERE seq = ?", (seq,))
            else:
                if "delete" in change and not base:
                    return  # the service has never heard of it
            self.db.execute(QUEUE, (seq, kind, pk, base, dumps(change)))

    def sync(self) -> None:
        """Send what was changed here, then fetch what was changed elsewhere."""
        self.db.execute("UPDATE queue SET status = 'sent' WHERE status = 'new'")
        while rows := self.db.execute(TO_SEND).fetchall():
            changes = [{**loads(row["named"]), **loads(row["change"])} for row in rows]
            results = self._ask("POST", json={"changes": changes}).raise_for_status().json()["results"]
            with self.db:
                self.db.execute("BEGIN IMMEDIATE")
                for row, result in zip(rows, results, strict=True):
                    self._take(row, result)
                self.db.execute(FORGET_DONE)
        while self._pull():
            pass

    def _take(self, row: sqlite3.Row, result: dict[str, Any]) -> None:
        kind, data, change = row["kind"], result["data"], row["change"]
        if result["deleted"]:  # what is here may be all that is left of it
            data, mine = None, self.items(kind).get(row["id"])
            change = dumps({"set": mine}) if mine else change
        status = result["status"] if result["status"] in {"conflict", "rejected"} else "done"
        self.db.execute(ANSWERED, (status, change, dumps(result), row["seq"]))
        if data or status != "rejected":
            self.db.execute(STORE, (kind, result["id"] or row["id"], result["version"] or 0, dumps(data)))

    def _pull(self) -> bool:
        answer = self._ask("GET", params=dict(self.db.execute("SELECT max(since) AS since FROM state").fetchone()))
        if answer.status_code == 410:  # too long ago: all of it anew, and what is queued stays queued
            self.db.execute("DELETE FROM state")
            return True
        page = answer.raise_for_status().json()
        rows = [(kind, "", page["version"], dumps({"order": ids})) for kind, ids in page["order"].items()]
        rows += [(e["kind"], e["id"], e["version"], dumps(e.get("data"))) for e in page["changed"] + page["deleted"]]
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute("DELETE FROM items WHERE ?", (page["full"],))
            self.db.executemany(STORE, rows)
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
        rows = self.db.execute("SELECT * FROM queue WHERE status IN ('conflict', 'rejected') ORDER BY seq")
        return [{**loads(row["answer"]), **dict(row), "change": loads(row["change"])} for row in rows]

    def resolve(self, question: dict[str, Any], *, mine: bool) -> None:
        """Push the change so that it holds, or give it up; of two changed members only those that are in conflict."""
        change, base, held = question["change"], question["base"], dict[str, Any]()
        if not mine and (question["deleted"] or question["problem"] or "delete" in change):
            self.db.execute("DELETE FROM queue WHERE seq = ?", (question["seq"],))
            return
        if question["deleted"]:
            change["resolve"] = "mine"
        elif "delete" in change:
            base = question["version"]
        else:
            asked = {name.removeprefix("personal_info.").partition(".")[0] for name in question["conflict"] or ()}
            seen = self.items(question["kind"]).get(question["id"], {})  # they may have edited it again meanwhile
            held, change = some(seen, asked, are_in=True), {"set": some(change["set"], asked, are_in=False)}
            held |= {n: merged(c, held.get(n)) for n, c in (question["conflict"] or {}).items() if n in asked}
        update = "UPDATE queue SET status = 'new', base = ?, change = ? WHERE seq = ?"
        self.db.execute(update, (base, dumps(change), question["seq"]))
        if mine and held:  # against what the person was shown, not what came later
            self.db.execute(QUEUE, (None, question["kind"], question["id"], question["version"], dumps({"set": held})))

    def clear(self) -> None:
        """Forget the person's data, at log-out."""
        self.db.executescript("DELETE FROM items; DELETE FROM queue; DELETE FROM state; VACUUM")


def over(data: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """An item with these members set; those of `personal_info` one by one, as the service does it."""
    info = {**data.get("personal_info", {}), **values.get("personal_info", {})}
    return {**data, **values, **({"personal_info": info} if info else {})}


def some(values: dict[str, Any], names: set[str], *, are_in: bool) -> dict[str, Any]:
    """The members with these names, or the others; those of `personal_info` one by one."""
    info = {n: v for n, v in values.get("personal_info", {}).items() if (n in names) is are_in}
    found = {n: v for n, v in values.items() if (n in names) is are_in and n != "personal_info"}
    return {**found, **({"personal_info": info} if info else {})}


def merged(conflict: dict[str, Any], mine: Any) -> Any:
    """What holds of a member in conflict: of a list what either side has added, of all else the person's."""
    base, stored = conflict["base"] or [], conflict["stored"]
    if not isinstance(mine, list) or not isinstance(stored, list):
        return mine
    return [each for each in stored if each in mine or each not in base] + [e for e in mine if e not in stored]
