"""One run of the simulation: some devices and one career, until all is edited, sent, asked and told."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg

from tests.faults.stage import Program, Stage
from tests.sync.simulation.devices import Key, Values
from tests.sync.simulation.hands import Hands, MakeDevice, differences, first_document
from tests.sync.simulation.journal import Journal
from tests.sync.simulation.ledger import Ledger, Verdict
from tests.sync.simulation.lines import Line, Weather

DAY = 86_400
CLOCKS = (0.0, 3 * DAY, -2 * DAY, 400 * DAY, -30 * DAY)
# The service keeps as many versions, however old they are.
KEPT = 50
LOG_DAYS = 200
ROUNDS = 25
# Commits wait for this lock where somebody else holds it.
GATE = 8
HELD_COMMITS = f"""
CREATE FUNCTION wait_for_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT pg_try_advisory_xact_lock_shared({GATE}) LOOP PERFORM pg_sleep(0.01); END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER wait_for_gate AFTER INSERT ON profiles_revision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_gate();
"""


@dataclass(frozen=True)
class Plan:
    """How much is done: edits a device, and for how many seconds writers are held back how often."""

    edits: int = 500
    devices: int = 5
    held_seconds: float = 5.0
    holds: int = 2
    weather: Weather = field(default_factory=Weather)
    # Of one, how often a device synchronises after an edit, and how often a person answers what they are asked.
    sync: float = 0.16
    answer: float = 0.7
    clocks: Sequence[float] = CLOCKS


@dataclass
class Outcome:
    """What one run has found."""

    seed: int
    edits: int
    verdict: Verdict
    # In the end, by device.
    differences: dict[str, list[tuple[Key, str]]]
    unsent: dict[str, int]
    seen: Counter[str]
    seconds: float
    last_seconds: float

    @property
    def lost(self) -> int:
        """How many edits are lost."""
        return len(self.verdict.lost)

    @property
    def differing(self) -> int:
        """How many devices show something else than what is stored, or have something that they can't send."""
        return sum(bool(self.differences[name] or self.unsent[name]) for name in self.differences)

    @property
    def items(self) -> set[Key]:
        """The items with which something is wrong."""
        return self.verdict.items | {key for found in self.differences.values() for key, _ in found}

    @property
    def is_kept(self) -> bool:
        """Whether nothing was lost, nothing came back, and all is equal."""
        return not (self.verdict.lost or self.verdict.back or self.differing)


@dataclass
class Party:
    """A device with its line, and the person at it."""

    hands: Hands
    line: Line
    # Whether an answer has not arrived, or the person has not answered a question.
    is_waiting: bool = False

    def sync(self) -> tuple[bool, Values]:
        """Try to synchronise: whether it worked, and what the device holds."""
        done, dump = self.hands.sync()
        self.is_waiting = not done or bool(dump["conflicts"])
        return done, dump

    def answer(self) -> tuple[bool, Values]:
        """The same, and answer what is asked."""
        done, dump = self.sync()
        if dump["conflicts"]:
            self.hands.decide(dump)
            done, dump = self.sync()
        if not done:
            # As after a kill.
            time.sleep(0.1)
        return done, dump

    def catch_up(self) -> None:
        """Wait for all answers and give them, where some are missing."""
        while self.is_waiting:
            self.answer()


@dataclass
class World:
    """A career on a running service, and the devices that edit it."""

    stage: Stage
    make: MakeDevice
    plan: Plan
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    journal: Journal = field(default_factory=Journal)
    seen: Counter[str] = field(default_factory=Counter)

    def play(self) -> Outcome:
        """Edit, fail, and become equal."""
        started = time.monotonic()
        self.token = self.stage.person()["access_token"]
        self.path = self.stage.profile(self.token, **first_document())
        self.profile = self.path.rpartition("/")[2]
        with ExitStack() as stack:
            parties = [self._party(number, stack) for number in range(self.plan.devices)]
            self._live(parties)
            ended = time.monotonic()
            self._settle(parties)
            stored = self._stored()
            shown = {party.hands.name: party.hands.look() for party in parties}
            found = {each.hands.name: differences(each.hands.items, self._kept(each, stored)) for each in parties}
        for party in parties:
            self.seen.update(party.line.seen)
        return Outcome(
            seed=self.seed,
            edits=sum(party.hands.number for party in parties),
            verdict=self.ledger.judged(stored),
            differences=found,
            unsent={name: dump["pending"] + len(dump["conflicts"]) for name, dump in shown.items()},
            seen=self.seen,
            seconds=time.monotonic() - started,
            last_seconds=time.monotonic() - ended,
        )

    def _party(self, number: int, stack: ExitStack) -> Party:
        seed = self.seed * 100 + number
        line = stack.enter_context(
            Line(self.stage.port, self.plan.weather.calm(), seed, f"d{number}", self.journal).laid()
        )
        device = self.make(seed, self.plan.clocks[number % len(self.plan.clocks)])
        stack.callback(device.close)
        device.open(line.url, self.token, self.profile)
        party = Party(Hands(f"d{number}", device, self.ledger, self.journal, seed), line)
        done, _ = party.hands.sync()
        assert done, f"{party.hands.name} did not get its first copy."
        line.weather = self.plan.weather
        return party

    # While people edit --------------------------------------------------------------------------------------------

    def _live(self, parties: Sequence[Party]) -> None:
        """All people edit at the same time. The first one is away for a while, and comes back to a shorter log."""
        with ThreadPoolExecutor(len(parties) + 1) as executor:
            away, *others = parties
            lives = [executor.submit(self._edit, party, self.plan.edits) for party in others]
            holding = executor.submit(self._hold)
            early = self.plan.edits // 4
            self._edit(away, early)
            away.sync()
            away.catch_up()
            left = self._version()
            self._edit(away, early, is_away=True)
            for life in lives:
                life.result()
            # A creation that waits is a new one when nobody remembers the item and its deletion any more.
            for party in others:
                party.catch_up()
            self._prune(left)
            self._edit(away, self.plan.edits - 2 * early)
            holding.result()

    def _edit(self, party: Party, edits: int, *, is_away: bool = False) -> None:
        for _ in range(edits):
            party.hands.edit()
            if is_away or party.hands.random.random() >= self.plan.sync:
                continue
            _, dump = party.sync()
            if dump["conflicts"] and party.hands.random.random() < self.plan.answer:
                party.hands.decide(dump)

    def _hold(self) -> None:
        """Hold writers back: half of the times before they begin, half of them at their commit."""
        for number in range(self.plan.holds):
            time.sleep(0.5)
            with self._held(is_commit=bool(number % 2)):
                time.sleep(self.plan.held_seconds)
            self.seen["holds"] += 1

    @contextmanager
    def _held(self, *, is_commit: bool) -> Iterator[None]:
        with psycopg.connect(self.stage.database.url) as connection:
            if is_commit:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [GATE])
            else:
                connection.execute("SELECT 1 FROM profiles_profile WHERE id = %s FOR UPDATE", [self.profile])
            yield

    def _version(self) -> int:
        [(version,)] = self.stage.sql("SELECT version FROM profiles_profile WHERE id = %s", self.profile)
        return int(version)

    def _prune(self, left: int) -> None:
        """Let the log end behind the version at which the first person left."""
        client = self.stage.client(self.token)
        while self._version() <= left + KEPT:
            # As somebody does in a browser.
            client.send("PATCH", self.path, {"label": f"At version {self._version()}"})
        self.stage.sql(
            "UPDATE profiles_revision SET created_at = created_at - make_interval(days => %s) WHERE profile_id = %s",
            LOG_DAYS,
            self.profile,
        )
        self.stage.manage("prune")

    # In the end ---------------------------------------------------------------------------------------------------

    def _settle(self, parties: Sequence[Party]) -> None:
        """With a good network, all people answer and all devices synchronise until nothing is left to do."""
        for party in parties:
            party.line.weather, party.line.cut = self.plan.weather.calm(), 0
        for _ in range(ROUNDS):
            dumps = [party.answer() for party in parties]
            version = self._version()
            is_quiet = all(done and not (dump["pending"] or dump["conflicts"]) for done, dump in dumps)
            if is_quiet and version == getattr(self, "last", None):
                return
            self.last = version
        self.seen["unsettled"] += 1

    def _stored(self) -> dict[Key, Values]:
        """All that is stored, by kind and id, as another device reads it."""
        answer = self.stage.client(self.token).send("GET", self.path)
        assert answer.status == 200, answer
        document = answer.json()
        own = {name: value for name, value in document.items() if not isinstance(value, list)}
        fields = {("custom_fields", name): {"value": value} for name, value in document["custom_fields"].items()}
        lists = {
            (kind, item["id"]): item for kind in ("experiences", "education", "projects") for item in document[kind]
        }
        skills = {("skills.technical", "technical"): {"names": document["skills"]["technical"]}}
        return {("profile", document["id"]): own, **fields, **lists, **skills}

    def _kept(self, party: Party, stored: dict[Key, Values]) -> dict[Key, Values]:
        return {key: item for key, item in stored.items() if key[0] in party.hands.device.kinds}


def times(stage: Stage, profile: str) -> dict[int, float]:
    """When the versions of a profile were made, by the service's clock."""
    rows = stage.sql(
        "SELECT version, extract(epoch FROM created_at)::float8 FROM profiles_revision WHERE profile_id = %s", profile
    )
    return dict(rows)


@contextmanager
def mortal_service(stage: Stage) -> Iterator[Program]:
    """The stage's service, whose processes can be killed before they answer, and whose commits can be held back."""
    stage.command = ("-m", "tests.sync.simulation.mortal")
    stage.sql(HELD_COMMITS)
    with stage.serve() as program:
        yield program
