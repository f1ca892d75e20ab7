"""The queue of a cluster, simulated: `python -m askive.eval.benchmarks.serve.queue_simulation [--users 10000] ...`.

Ten thousand people of a thousand tenants ask a few servers of a language model. The queue is that of the server
(`askive.ui.server.jobs`): each caller in turn, a bounded number of places, at most so many of one caller; who finds no
place is told to come back. Simulated are arrivals, times and the loss of a server; the numbers below are assumed, and
printed with the result.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from askive.eval import script
from askive.models.errors import UsageError

_WARM_UP_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is assumed.

    n_users, n_tenants: tenants have sizes by Zipf's law. every_s: mean time between two questions of a user.
    n_servers, n_slots: language models, and the answers that one of them writes at a time.
    alone_s, full_s: mean time of an answer on an idle server and on one with all slots taken; linear between them.
    around_s: search, evidence and checks of an answer. spread: deviation of the logarithm of the times.
    n_places: of the queue. n_own: of them, of one user.
    lost_from_s, lost_until_s: while the first server is away; the answers that it was writing begin again.
    flood: questions a second of one more user, who has no patience.
    """

    n_users: int = 10_000
    n_tenants: int = 1_000
    every_s: float = 600.0
    n_servers: int = 3
    n_slots: int = 16
    alone_s: float = 0.9
    full_s: float = 1.6
    around_s: float = 0.4
    spread: float = 0.5
    n_places: int = 200
    n_own: int = 4
    lost_from_s: float = 600.0
    lost_until_s: float = 900.0
    flood: float = 0.0
    duration_s: float = 1_800.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened after the first minute. Times in seconds, from the question to its answer.

    refused: share of questions that found no place. lost: the same times while a server was away. flooder: answers a
    second of the user who floods. tenants: of the largest and the smallest tenants' users, the 95th percentile.
    """

    n_answered: int
    refused: float
    p50_s: float
    p95_s: float
    p99_s: float
    lost_p95_s: float
    busy: float
    flooder: float
    tenants_p95_s: tuple[float, float]


@dataclass(slots=True)
class _Question:
    user: int
    asked_s: float


@dataclass(slots=True)
class _Server:
    running: dict[int, _Question] = field(default_factory=dict)
    is_away: bool = False


class Simulation:
    """One run; deterministic for a seed."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._chance = random.Random(load.seed)
        self._servers = [_Server() for _ in range(load.n_servers)]
        self._waiting: OrderedDict[int, deque[_Question]] = OrderedDict()
        self._n_waiting = 0
        self._events: list[tuple[float, int, str, int, int]] = []
        self._number = itertools.count()
        self._answered: list[tuple[float, float, int]] = []
        self._n_refused = self._n_asked = 0
        self._busy_s = 0.0
        self._n_flood = 0

    def run(self) -> Outcome:
        """Simulate the whole duration."""
        load = self._load
        self._next_question(0.0)
        if load.flood:
            self._at(0.0, "flood")
        if load.lost_from_s < load.lost_until_s:
            self._at(load.lost_from_s, "away")
            self._at(load.lost_until_s, "back")
        now = 0.0
        while self._events:
            time_s, _, what, server, key = heapq.heappop(self._events)
            if time_s > load.duration_s:
                break
            self._busy_s += (time_s - now) * sum(len(each.running) for each in self._servers)
            now = time_s
            if what == "question":
                self._ask(self._chance.randrange(load.n_users), now)
                self._next_question(now)
            elif what == "flood":
                self._ask(load.n_users, now)
                self._at(now + self._chance.expovariate(load.flood), "flood")
            elif what == "answer":
                self._end(server, key, now)
            else:
                self._switch(away=what == "away")
            self._assign(now)
        return self._outcome()

    def _at(self, time_s: float, what: str, server: int = 0, key: int = 0) -> None:
        heapq.heappush(self._events, (time_s, next(self._number), what, server, key))

    def _next_question(self, now: float) -> None:
        self._at(now + self._chance.expovariate(self._load.n_users / self._load.every_s), "question")

    def _ask(self, user: int, now: float) -> None:
        counts = now >= _WARM_UP_S and user < self._load.n_users
        self._n_asked += counts
        own = self._waiting.get(user, ())
        if self._n_waiting >= self._load.n_places or len(own) >= self._load.n_own:
            self._n_refused += counts
            return
        self._waiting.setdefault(user, deque()).append(_Question(user, now))
        self._n_waiting += 1

    def _assign(self, now: float) -> None:
        """Give free slots to the callers in turn, the least busy server first."""
        while self._waiting:
            server = min(
                (n for n, each in enumerate(self._servers) if not each.is_away),
                key=lambda n: len(self._servers[n].running),
                default=None,
            )
            if server is None or len(self._servers[server].running) >= self._load.n_slots:
                return
            user, questions = self._waiting.popitem(last=False)
            question = questions.popleft()
            self._n_waiting -= 1
            if questions:
                self._waiting[user] = questions
            self._begin(server, question, now)

    def _begin(self, server: int, question: _Question, now: float) -> None:
        load, key = self._load, next(self._number)
        share = len(self._servers[server].running) / max(load.n_slots - 1, 1)
        typical = load.around_s + load.alone_s + share * (load.full_s - load.alone_s)
        # With this factor the mean of the lognormal times is the typical one.
        took = typical * self._chance.lognormvariate(-(load.spread**2) / 2, load.spread)
        self._servers[server].running[key] = question
        self._at(now + took, "answer", server, key)

    def _end(self, server: int, key: int, now: float) -> None:
        question = self._servers[server].running.pop(key, None)
        if question is None or now < _WARM_UP_S:
            return
        if question.user == self._load.n_users:
            self._n_flood += 1
        else:
            self._answered.append((now, now - question.asked_s, question.user))

    def _switch(self, *, away: bool) -> None:
        first = self._servers[0]
        first.is_away = away
        for question in first.running.values():
            self._waiting.setdefault(question.user, deque()).appendleft(question)
            self._waiting.move_to_end(question.user, last=False)
            self._n_waiting += 1
        first.running.clear()

    def _outcome(self) -> Outcome:
        load = self._load
        took = sorted(seconds for _, seconds, _ in self._answered)
        lost = sorted(s for at, s, _ in self._answered if load.lost_from_s <= at < load.lost_until_s)
        sizes = _tenant_sizes(load)
        largest, smallest = sizes[0], load.n_users - sum(sizes[-load.n_tenants // 2 :])
        counted_s = load.duration_s - _WARM_UP_S
        return Outcome(
            n_answered=len(took),
            refused=self._n_refused / max(self._n_asked, 1),
            p50_s=_quantile(took, 0.5),
            p95_s=_quantile(took, 0.95),
            p99_s=_quantile(took, 0.99),
            lost_p95_s=_quantile(lost, 0.95),
            busy=self._busy_s / load.duration_s / (load.n_servers * load.n_slots),
            flooder=self._n_flood / counted_s,
            tenants_p95_s=(
                _quantile(sorted(s for _, s, user in self._answered if user < largest), 0.95),
                _quantile(sorted(s for _, s, user in self._answered if user >= smallest), 0.95),
            ),
        )


def _tenant_sizes(load: Load) -> list[int]:
    """Users of each tenant, largest first; users are numbered by tenant."""
    weights = [1 / rank for rank in range(1, load.n_tenants + 1)]
    return [max(1, round(load.n_users * weight / sum(weights))) for weight in weights]


def _quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values; 0 without any."""
    return values[min(int(share * len(values)), len(values) - 1)] if values else 0.0


def scenarios(load: Load) -> Iterator[tuple[str, Load]]:
    """What is simulated, by name."""
    whole = replace(load, lost_from_s=0.0, lost_until_s=0.0)
    yield f"{load.n_servers} servers", whole
    yield "one of them away for 5 minutes", load
    yield "one server fewer, always", replace(whole, n_servers=max(1, load.n_servers - 1))
    yield "twice the questions", replace(whole, every_s=load.every_s / 2)
    yield "a user who asks 50 times a second", replace(whole, flood=50.0)


def table(load: Load) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"Assumed: {load}\n\n"
    yield "| | answered | refused | p50 | p95 | p99 | busy | largest / smallest tenants, p95 | flooder |\n"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    for name, one in scenarios(load):
        seen = Simulation(one).run()
        lost = f" ({seen.lost_p95_s:.1f} while away)" if one.lost_from_s < one.lost_until_s else ""
        yield (
            f"| {name} | {seen.n_answered:,} | {seen.refused:.3f} | {seen.p50_s:.1f} s | {seen.p95_s:.1f} s{lost}"
            f" | {seen.p99_s:.1f} s | {seen.busy:.2f} | {seen.tenants_p95_s[0]:.1f} / {seen.tenants_p95_s[1]:.1f} s"
            f" | {f'{seen.flooder:.1f} a second' if one.flood else '–'} |\n"
        )


def _texts() -> Iterator[str]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Load()
    parser.add_argument("--users", type=int, default=default.n_users)
    parser.add_argument("--tenants", type=int, default=default.n_tenants)
    parser.add_argument(
        "--every", type=float, default=default.every_s, help="seconds between a user's questions"
    )
    parser.add_argument("--servers", type=int, default=default.n_servers, help="of a language model")
    parser.add_argument(
        "--slots", type=int, default=default.n_slots, help="answers that one writes at a time"
    )
    parser.add_argument("--minutes", type=float, default=default.duration_s / 60)
    given = parser.parse_args()
    if min(given.users, given.tenants, given.servers, given.slots, given.every, given.minutes) <= 0:
        raise UsageError("all numbers must be above 0", remedy="leave out the others")
    yield from table(
        Load(
            n_users=given.users,
            n_tenants=given.tenants,
            every_s=given.every,
            n_servers=given.servers,
            n_slots=given.slots,
            duration_s=given.minutes * 60,
        )
    )


if __name__ == "__main__":
    raise SystemExit(script.print_texts(_texts()))
