"""PostgreSQL and Redis away under load: who notices, how, and for how long."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from tests.faults.load import Answer, Load, load, percentile
from tests.faults.stage import WEB_WORKERS, Promise, Stage

CLIENTS = 8
BACK_SECONDS = 2.0
SLOWER_SECONDS = 0.25
LOGINS_PER_MINUTE = 5
# Time for the breaker of each process to notice; what is asked later must not wait for Redis any more.
OPENING_SECONDS = 3.0
NO_BREAKER = "tests.faults.controls.no_breaker:application"
LIMITS = {
    "RATELIMIT_ENABLE": "true",
    "RATELIMIT_DEFAULT": "1000000/m",
    "RATELIMIT_LOGIN": "1000000/m",
    "RATELIMIT_REGISTER": "1000000/m",
    "RATELIMIT_LOGIN_EMAIL": f"{LOGINS_PER_MINUTE}/m",
}


def postgres_restart(stage: Stage) -> Iterator[Promise]:
    """PostgreSQL restarted under load, without a restart of the service."""
    rounds = stage.count(5, 1)
    with stage.serve() as server:
        callers = _callers(stage)
        before = [one.pid for one in server.web_workers()]
        started = time.monotonic()
        total, other, late, slowest = 0, Counter[str](), 0, 0.0
        for _ in range(rounds):
            with load(callers) as running:
                time.sleep(2)
                stage.database.stop()
                time.sleep(2)
                stage.database.start()
                back = time.monotonic()
                time.sleep(BACK_SECONDS + 3)
            answers = running.answers
            total += len(answers)
            other += Counter(_kind(answer) for answer in answers if not 200 <= answer.status < 300)
            late += sum(answer.status >= 500 for answer in running.between(back + BACK_SECONDS, time.monotonic()))
            successes = [answer.end - back for answer in answers if answer.end > back and answer.status == 200]
            slowest = max(slowest, min(successes, default=float("inf")))
        stayed = [one.pid for one in server.web_workers()] == before
        refusals = other.pop("503 with Retry-After", 0)
        yield Promise(
            "postgres_restart",
            f"{refusals} answers of 503 with Retry-After, other failures: {_shown(other)}; "
            f"first success {slowest:.2f} s after it was back, {late} failures {BACK_SECONDS:.0f} s after; "
            f"{'no process' if stayed else 'a process'} of the service restarted",
            total,
            time.monotonic() - started,
            refusals > 0 and not other and not late and slowest <= BACK_SECONDS and stayed,
        )


def redis_outage(stage: Stage) -> Iterator[Promise]:
    """Redis stopped, then hung, under load; the control is the service without the breaker while Redis hangs."""
    seconds = stage.count(10, 3)
    with stage.serve("", **LIMITS):
        yield from _redis_away(stage, "redis_outage, stopped", seconds, stage.cache.stop, stage.cache.start)
        yield from _redis_away(stage, "redis_outage, hung", seconds, *_hang_and_go_on(stage))
    with stage.serve(NO_BREAKER, **LIMITS):
        [slower, *_] = _redis_away(stage, "redis_outage control, breaker off, hung", seconds, *_hang_and_go_on(stage))
        yield slower._replace(kept=not slower.kept)


def _hang_and_go_on(stage: Stage) -> tuple[Callable[[], object], Callable[[], object]]:
    process = stage.cache.process
    return lambda: process.send_signal(signal.SIGSTOP), lambda: process.send_signal(signal.SIGCONT)


def _redis_away(
    stage: Stage, name: str, seconds: int, leave: Callable[[], object], come_back: Callable[[], object]
) -> Iterator[Promise]:
    started = time.monotonic()
    callers = _callers(stage)
    email = stage.person()["user"]["email"]
    with load(callers) as running:
        time.sleep(2)
        begin = time.monotonic()
        time.sleep(seconds)
        gone = time.monotonic()
        leave()
        time.sleep(OPENING_SECONDS)
        opened = time.monotonic()
        time.sleep(seconds)
        measured = time.monotonic()
        tries = _wrong_logins(stage, email)
        come_back()
        time.sleep(2)
    normal = _times(running, begin, gone)
    without = _times(running, opened, measured)
    slower = percentile(without, 0.99) - percentile(normal, 0.99)
    failed = Counter(_kind(answer) for answer in running.answers if answer.status >= 500 or not answer.status)
    figure = f"p99 {1000 * percentile(normal, 0.99):.0f} ms, without it {1000 * percentile(without, 0.99):.0f} ms"
    lasted = time.monotonic() - started
    yield Promise(
        f"{name}: pace", figure, len(normal) + len(without), lasted, bool(without) and slower <= SLOWER_SECONDS
    )
    yield Promise(f"{name}: failures", _shown(failed), len(running.answers), lasted, not failed)
    # Each process counts for itself, and a minute may end among the tries.
    limit = 2 * WEB_WORKERS * LOGINS_PER_MINUTE
    figure = f"{tries[401]} of the wrong logins were judged, {tries[429]} refused"
    kept = 0 < tries[401] <= limit and tries[401] + tries[429] == sum(tries.values()) and tries[429] > 0
    yield Promise(f"{name}: login limits", figure, sum(tries.values()), lasted, kept)


def _wrong_logins(stage: Stage, email: str) -> Counter[int]:
    """The statuses of logins with a wrong password, over new connections so that every process gets some."""
    client = stage.client(kept=False)
    body = {"email": email, "password": "Wrong-Horse-7"}
    return Counter(client.send("POST", "/api/v1/auth/login", body).status for _ in range(60))


def _callers(stage: Stage) -> list[Callable[[], Answer]]:
    """Readers and writers by halves, each with a profile of its own."""
    return [_caller(stage, writes=bool(number % 2)) for number in range(CLIENTS)]


def _caller(stage: Stage, *, writes: bool) -> Callable[[], Answer]:
    token = stage.person()["access_token"]
    path, client, numbers = stage.profile(token), stage.client(token), count()
    if writes:
        return lambda: client.send("PATCH", path, {"label": f"Label {next(numbers)}"})
    return lambda: client.send("GET", path)


def _times(running: Load, start: float, end: float) -> list[float]:
    return [answer.seconds for answer in running.between(start, end)]


def _kind(answer: Answer) -> str:
    """What a failure is called in the report."""
    if answer.status == 503 and answer.headers.get("retry-after"):
        return "503 with Retry-After"
    return str(answer.status) if answer.status else answer.error


def _shown(found: Counter[str]) -> str:
    return ", ".join(f"{number} × {what}" for what, number in sorted(found.items())) or "none"
