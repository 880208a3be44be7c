"""Makes a database full of invented careers, by COPY, and picks those that a load run visits.

    python -m bench.careers.data postgresql://… 20000  # brings a migrated database to 20,000 users, one profile each

A career is the same for the same seed and number, whatever the machine and however many there are. Identifiers have
the form of UUIDs of version 7 and grow with the number, so that indexes are filled at their right edge, as they are
in service. Every profile has 51 rows below it, none of them a reference, and is a document of 17 to 19 kB.
"""

import argparse
import datetime as dt
import multiprocessing
import os
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from typing import Any, NamedTuple

import django_stubs_ext
import jwt
import psycopg
from psycopg import sql
from tqdm import tqdm

from bench.careers import pasts, words

# As the service's settings do, without which its classes can't be written as they are.
django_stubs_ext.monkeypatch()

from profiles_project.texts import fold, search_key  # noqa: E402  # see above

SEED = 4
# The n-th account was opened n minutes after this.
EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
# The month after the last one of any career, as months since the year 0.
TODAY = 12 * 2026 + 6
NULL = "\\N"
# How complete such a profile is by the service's own reckoning.
SCORE = "100"
# Profiles whose rows go to the server in one piece.
PIECE = 500
# A token of a load run lives longer than any run.
TOKEN_SECONDS = 24 * 3600
MASK = 2**64 - 1


class Person(NamedTuple):
    """The n-th account with its one profile: what all its rows refer to."""

    number: int
    milliseconds: int
    profile_id: str
    since: str
    first_name: str
    last_name: str


class Target(NamedTuple):
    """A profile that a load run visits, with its owner's token.

    The rest is filled in by who asks a server for it: the entity tag, the state that a client has seen, the version,
    and the body of a request about this profile.
    """

    token: str
    profile_id: str
    etag: str = ""
    state: str = ""
    number: str = ""
    body: str = ""


def scatter(number: int) -> int:
    """64 bits that look random and are the same for the same number (the finaliser of SplitMix64)."""
    number = (number * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def uuid7(milliseconds: int, row: int, bits: int) -> str:
    """A UUID of version 7, without dashes: the time, then the row's number below 4096, then random bits."""
    return f"{milliseconds:012x}7{row:03x}{(bits >> 2) | 1 << 63:016x}"


def person(number: int, seed: int) -> Person:
    """The account with this number, from 0."""
    since = EPOCH + dt.timedelta(minutes=number)
    milliseconds = int(since.timestamp()) * 1000
    bits = scatter(number ^ seed << 40)
    first = words.FIRST_NAMES[bits % len(words.FIRST_NAMES)]
    last = words.LAST_NAMES[(bits >> 16) % len(words.LAST_NAMES)]
    return Person(number, milliseconds, uuid7(milliseconds, 0, bits), since.isoformat(" "), first, last)


class Author:
    """Writes the rows of one table. A row is the list of its columns' values as COPY's text format takes them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random()  # noqa: S311  # invented careers, no secrets
        self.sentences = words.sentences(seed)
        self.technical = words.pool(words.TECHNICAL)
        self.honours = words.pool(words.HONOURS)
        self.fields = words.pool(words.FIELDS)

    def rows(self, table: "Table", number: int) -> Iterator[str]:
        """The lines of a person's rows in a table, which depend on nothing but seed, table and number."""
        salt = scatter(number ^ self.seed << 40) ^ PLACES[table.name]
        self.chance.seed(salt)
        who = person(number, self.seed)
        for index, values in enumerate(table.write(self, who)):
            own_id = [uuid7(who.milliseconds, index, scatter(salt + (index << 8)))] if table.has_own_id else []
            yield "\t".join([*own_id, *values]) + "\n"

    def one_of(self, texts: "tuple[str, ...] | list[str]") -> str:
        """One of these texts."""
        return texts[int(self.chance.random() * len(texts))]

    def maybe(self, share: float, text: str) -> str:
        """The text in that share of cases, else null."""
        return text if self.chance.random() < share else NULL

    def prose(self, least: int, most: int) -> str:
        """So many sentences."""
        return " ".join(self.chance.choices(self.sentences.bare, k=self.chance.randint(least, most)))

    def quoted(self, texts: words.Pool, least: int, most: int) -> str:
        """A JSON list of so many of these texts."""
        return f"[{', '.join(self.chance.sample(texts.quoted, self.chance.randint(least, most)))}]"

    def date(self, month: int) -> str:
        """A partial date in that month (counted from the year 0): mostly a month, sometimes a day or only a year."""
        precision = self.chance.random()
        year, index = divmod(month, 12)
        if precision < 0.1:  # one date in ten
            return str(year)
        if precision < 0.25:  # three in twenty
            return f"{year}-{index + 1:02}-{int(precision * 1000) % 28 + 1:02}"
        return f"{year}-{index + 1:02}"

    def users(self, who: Person) -> Iterator[list[str]]:
        email = f"person{who.number:09}@example.org"
        name = f"{who.first_name} {who.last_name}"
        # No password fits: an account here is entered by a token that the comparison signs itself.
        found_by = search_key(name, email)
        account = [str(who.number + 1), "!bench", NULL, "f", email, email, name, found_by]
        yield [*account, "t", "f", "t", who.since, who.since]

    def sessions(self, who: Person) -> Iterator[list[str]]:
        token_id = uuid7(who.milliseconds, 1, scatter(who.number))
        far = "2099-01-01 00:00:00+00:00"
        yield [str(who.number + 1), who.since, who.since, "bench", token_id, NULL, who.since, far, NULL]

    def profiles(self, who: Person) -> Iterator[list[str]]:
        email = f"person{who.number:09}@example.org"
        handle = f"person{who.number}"
        name = f"{who.first_name} {who.last_name}"
        yield [
            who.profile_id,
            str(who.number + 1),
            "Master",
            "t",
            str(pasts.VERSION),
            who.since,
            who.since,
            name,
            email,
            self.maybe(0.9, f"+49 221 {self.chance.randint(10**6, 10**7)}"),
            self.one_of(words.CITIES),
            f"https://linkedin.com/in/{handle}",
            self.maybe(0.7, f"https://github.com/{handle}"),
            self.maybe(0.4, f"https://{handle}.example.org/"),
            self.one_of(words.TITLES),
            self.one_of(words.CITIES),
            self.one_of(words.COUNTRIES),
            f'[{{"network": "Mastodon", "username": "{handle}", "url": "https://social.example.org/@{handle}"}}]',
            self.prose(3, 5),
            search_key(name, email),
            SCORE,
            str(pasts.VERSION),
            # The first version is not in the log.
            "1",
            str(sum(entry.size for entry in self.entries(who))),
            pasts.VERSIONS,
        ]

    def revisions(self, who: Person) -> Iterator[list[str]]:
        born = str(who.milliseconds * 1000)
        for version, *told, changes in self.entries(who):
            yield [who.profile_id, born, str(version), who.since, *told, words.escape(changes)]

    def entries(self, who: Person) -> Iterator[pasts.Entry]:
        """The person's log, the same whichever table is written."""
        salt = scatter(who.number ^ self.seed << 40)
        return pasts.entries(salt, str(uuid.UUID(uuid7(who.milliseconds, 8, salt))), who.since)

    def experiences(self, who: Person) -> Iterator[list[str]]:
        later = TODAY
        for position in range(8):
            started = later - self.chance.randint(8, 30)
            yield [
                who.profile_id,
                str(position),
                self.one_of(words.TITLES),
                self.one_of(words.COMPANIES),
                self.one_of(words.CITIES),
                self.date(started),
                self.date(later - 1) if position else NULL,
                "f" if position else "t",
                self.prose(2, 4),
                self.quoted(self.sentences, 2, 3),
                self.quoted(self.technical, 4, 8),
                self.one_of(words.EMPLOYMENT),
                self.maybe(0.9, self.one_of(words.INDUSTRIES)),
            ]
            later = started - self.chance.randint(0, 3)

    def education(self, who: Person) -> Iterator[list[str]]:
        later = TODAY - 12 * self.chance.randint(10, 20)
        for position in range(3):
            started = later - self.chance.randint(18, 48)
            graded = self.chance.random()
            yield [
                who.profile_id,
                str(position),
                self.one_of(words.SCHOOLS),
                self.one_of(words.DEGREES),
                self.one_of(words.FIELDS),
                self.date(started),
                self.date(later),
                "f",
                f"{2 + 2 * graded:.2f}",
                self.maybe(0.3, f"{1 + graded:.1f} (DE)"),
                self.quoted(self.honours, 0, 2),
                self.maybe(0.8, self.prose(1, 2)),
            ]
            later = started - 2

    def projects(self, who: Person) -> Iterator[list[str]]:
        for position in range(5):
            started = TODAY - self.chance.randint(14, 120)
            yield [
                who.profile_id,
                str(position),
                f"{self.one_of(words.FIELDS)} for {self.one_of(words.CITIES)}",
                self.prose(2, 3),
                self.quoted(self.technical, 3, 6),
                self.maybe(0.7, f"https://github.com/person{who.number}/project-{position}"),
                self.date(started),
                self.maybe(0.8, self.date(started + self.chance.randint(1, 12))),
            ]

    def skills(self, who: Person) -> Iterator[list[str]]:
        for kind, known, how_many in (("technical", TECHNICAL, 12), ("soft", SOFT, 8)):
            for position, (name, key) in enumerate(self.chance.sample(known, how_many)):
                yield [who.profile_id, str(position), kind, name, key]

    def languages(self, who: Person) -> Iterator[list[str]]:
        levels = ("native", "fluent", self.one_of(("conversational", "basic")))
        for position, name in enumerate(self.chance.sample(words.LANGUAGES, 3)):
            yield [who.profile_id, str(position), name, levels[position]]

    def certifications(self, who: Person) -> Iterator[list[str]]:
        for position in range(3):
            obtained = TODAY - self.chance.randint(1, 100)
            yield [
                who.profile_id,
                str(position),
                self.one_of(words.CERTIFICATES),
                self.one_of(words.ISSUERS),
                self.date(obtained),
                self.maybe(0.6, self.date(obtained + 36)),
                f"C-{self.chance.randint(10**7, 10**8)}",
                self.maybe(0.5, f"https://certificates.example.org/{who.number}-{position}"),
            ]

    def volunteering(self, who: Person) -> Iterator[list[str]]:
        started = TODAY - self.chance.randint(30, 120)
        yield [
            who.profile_id,
            "0",
            self.one_of(words.CAUSES),
            self.one_of(words.ROLES),
            self.maybe(0.3, f"https://causes.example.org/{who.number}"),
            self.date(started),
            self.maybe(0.6, self.date(started + self.chance.randint(3, 30))),
            self.maybe(0.8, self.prose(1, 2)),
            self.quoted(self.sentences, 0, 2),
        ]

    def awards(self, who: Person) -> Iterator[list[str]]:
        yield [
            who.profile_id,
            "0",
            self.one_of(words.AWARDS),
            self.date(TODAY - self.chance.randint(1, 150)),
            self.maybe(0.9, self.one_of(words.COMPANIES)),
            self.maybe(0.5, self.prose(1, 1)),
        ]

    def publications(self, who: Person) -> Iterator[list[str]]:
        yield [
            who.profile_id,
            "0",
            f"{self.one_of(words.FIELDS)} in {self.one_of(words.CITIES)}",
            self.maybe(0.9, self.one_of(words.PUBLISHERS)),
            self.date(TODAY - self.chance.randint(1, 150)),
            self.maybe(0.5, f"https://papers.example.org/{who.number}"),
            self.maybe(0.8, self.prose(1, 2)),
        ]

    def interests(self, who: Person) -> Iterator[list[str]]:
        for position, name in enumerate(self.chance.sample(words.INTERESTS, 2)):
            yield [who.profile_id, str(position), name, self.quoted(self.fields, 0, 2)]

    def custom_fields(self, who: Person) -> Iterator[list[str]]:
        sentence = self.one_of(self.sentences.quoted)
        values = {
            "notice_period_weeks": str(self.chance.randint(1, 26)),
            "willing_to_travel": '{"europe":true,"overseas":false}',
            "salary": f'{{"currency":"EUR","from":{self.chance.randint(40, 90)}000,"note":{sentence}}}',
            "preferred_roles": f'["{self.one_of(words.TITLES)}","{self.one_of(words.TITLES)}"]',
        }
        for position, (key, value) in enumerate(values.items()):
            yield [who.profile_id, str(position), key, value]


TECHNICAL, SOFT = ([(name, fold(name)) for name in names] for names in (words.TECHNICAL, words.SOFT))


class Table(NamedTuple):
    """A table to fill: its columns in the order in which they are written, how many rows a person has, their author.

    Where `has_own_id`, the first column is an id that the loader makes, and the author gives the others. One that
    `grows` has more rows once the service has written.
    """

    name: str
    columns: str
    rows: int
    write: Callable[[Author, Person], Iterator[list[str]]]
    has_own_id: bool = True
    grows: bool = False


PART = "id profile_id position"
# Those with the most work first, so that the processes end together.
TABLES = (
    Table(
        "profiles_experience",
        f"{PART} title company location start_date end_date is_current description achievements technologies"
        " employment_type industry",
        8,
        Author.experiences,
    ),
    Table("profiles_skill", f"{PART} kind name name_key", 20, Author.skills),
    Table(
        "profiles_project",
        f"{PART} name description technologies url start_date end_date",
        5,
        Author.projects,
    ),
    Table(
        "profiles_education",
        f"{PART} institution degree field_of_study start_date end_date is_current gpa score honors description",
        3,
        Author.education,
    ),
    Table("profiles_customfield", f"{PART} key value", 4, Author.custom_fields),
    Table(
        "profiles_certification",
        f"{PART} name issuer date_obtained expiry_date credential_id url",
        3,
        Author.certifications,
    ),
    Table("profiles_language", f"{PART} name proficiency", 3, Author.languages),
    Table(
        "profiles_volunteering",
        f"{PART} organization role url start_date end_date summary highlights",
        1,
        Author.volunteering,
    ),
    Table("profiles_publication", f"{PART} name publisher release_date url summary", 1, Author.publications),
    Table("profiles_interest", f"{PART} name keywords", 2, Author.interests),
    Table("profiles_award", f"{PART} title date awarder summary", 1, Author.awards),
    Table(
        "profiles_profile",
        "id user_id label is_active version created_at updated_at full_name email phone location linkedin github"
        " website headline city country_code links professional_summary search_key score"
        " log_version boundary log_bytes versions",
        1,
        Author.profiles,
        has_own_id=False,
    ),
    Table(
        "profiles_revision",
        "profile_id born version created_at actor action device changes",
        3,
        Author.revisions,
        has_own_id=False,
        grows=True,
    ),
    Table(
        "users_session",
        "id user_id created_at last_used_at user_agent token_id previous_token_id rotated_at expires_at revoked_at",
        1,
        Author.sessions,
    ),
    Table(
        "users_user",
        "id password last_login is_superuser email email_key full_name search_key is_active is_staff is_verified"
        " created_at updated_at",
        1,
        Author.users,
        has_own_id=False,
    ),
)
# A table's rows stay the same wherever else it is filled.
PLACES = {table.name: place for place, table in enumerate(TABLES)}
ROWS = sum(table.rows for table in TABLES)
_written: Any = None


def _share(written: Any) -> None:
    global _written  # noqa: PLW0603  # a counter reaches a pool's process only at its start
    _written = written


def _fill(url: str, table: Table, first: int, count: int, seed: int) -> None:
    """COPY into one table the rows of the people from `first` to before `count`, then VACUUM and ANALYZE it."""
    author = Author(seed)
    name = sql.Identifier(table.name)
    columns = sql.SQL(", ").join(sql.Identifier(each) for each in table.columns.split())
    with psycopg.connect(url, autocommit=True) as connection:
        # References are right by construction, and looking each of them up takes longer than all the rest.
        connection.execute("SET session_replication_role = replica")
        with (
            connection.cursor() as cursor,
            cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)) as copy,
        ):
            for start in range(first, count, PIECE):
                numbers = range(start, min(start + PIECE, count))
                copy.write("".join(line for number in numbers for line in author.rows(table, number)))
                with _written.get_lock():
                    _written.value += len(numbers) * table.rows
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(name))


def people_in(url: str, tables: Sequence[Table] = TABLES) -> int:
    """How many people are in the database; RuntimeError where a load was broken off, or others wrote to it."""
    with psycopg.connect(url) as connection:
        found = {}
        for table in tables:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))).fetchone()
            found[table.name] = row[0] if row else 0
    people = found["users_user"]
    wrong = [table.name for table in tables if not table.grows and found[table.name] != people * table.rows]
    if wrong:
        raise RuntimeError(f"The database was not made by this generator alone: look at {', '.join(wrong)}.")
    return people


def generate(url: str, count: int, seed: int = SEED, tables: Sequence[Table] = TABLES) -> int:
    """Bring a migrated database, empty or made by this before, to `count` people with a profile each.

    `users_user` must be among the tables; where others are missing, theirs stay empty.
    The database's user must be a superuser. Returns how many rows were written. RuntimeError where the database holds
    anything else than whole people of ours.
    """
    first = people_in(url, tables)
    total = max(0, count - first) * sum(table.rows for table in tables)
    if not total:
        return 0
    context = multiprocessing.get_context("spawn")
    written = context.Value("q", 0)
    with (
        ProcessPoolExecutor(os.cpu_count(), context, _share, (written,)) as processes,
        tqdm(total=total, desc=f"{count:,} profiles", unit=" rows", unit_scale=True) as bar,
    ):
        waiting = {processes.submit(_fill, url, table, first, count, seed) for table in tables}
        while waiting:
            done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
            for each in done:
                each.result()
            bar.update(written.value - bar.n)
    with psycopg.connect(url) as connection:
        connection.execute("SELECT setval(pg_get_serial_sequence('users_user', 'id'), %s)", [count])
    return total


def targets(url: str, how_many: int, key: str, seed: int = SEED) -> list[Target]:
    """Profiles spread evenly over the whole database, each with an access token of its owner.

    Tokens are signed with `key` as the service signs them. ValueError where there are fewer profiles.
    """
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(id) FROM users_user").fetchone()
        people = (row[0] if row else 0) or 0
        if how_many > people:
            raise ValueError(f"The database has {people} profiles, not {how_many}.")
        chosen = [index * people // how_many + 1 for index in range(how_many)]
        found = connection.execute(
            "SELECT p.user_id, p.id, s.id FROM profiles_profile p JOIN users_session s ON s.user_id = p.user_id"
            " WHERE p.user_id = ANY(%s) ORDER BY p.user_id",
            [chosen],
        ).fetchall()
    # Not in the order in which they were stored, lest neighbours share pages of the database.
    random.Random(seed).shuffle(found)  # noqa: S311  # an order, no secret
    now = int(dt.datetime.now(dt.UTC).timestamp())
    return [Target(token(user_id, session, key, now), str(profile)) for user_id, profile, session in found]


def token(user_id: int, session: uuid.UUID, key: str, now: int) -> str:
    """An access token of the session, with the claims of the service's own."""
    claims = {
        "iss": "profiles",
        "aud": "profiles-api",
        "sub": str(user_id),
        "sid": str(session),
        "jti": str(uuid.UUID(uuid7(now * 1000, 0, scatter(user_id)))),
        "token_type": "access",
        "iat": now,
        "exp": now + TOKEN_SECONDS,
    }
    return jwt.encode(claims, key, algorithm="HS256")


def main() -> None:
    """The command line of the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.careers.data", description="Fills a migrated PostgreSQL database."
    )
    parser.add_argument("url", help="postgresql://… of a superuser")
    parser.add_argument("count", type=int, help="how many users, with a profile each, it shall have")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    generate(options.url, options.count, options.seed)


if __name__ == "__main__":
    main()
