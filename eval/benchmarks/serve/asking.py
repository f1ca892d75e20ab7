"""Many askers and one generator: everybody is answered or told when to come back, and gets a fair share."""

from __future__ import annotations

import asyncio
from collections import Counter

from askive.eval.benchmarks.serve.running import Connection, Running, ServeRow, serving
from askive.rag.config import Config

N_ASKERS = 50
_ALONE, _WARM = 20, 100


def bench_asking(config: Config, collection: str, n: int) -> ServeRow:
    """The row of `n` answers. config: with a generator that is fast, so that the server is measured."""
    with serving(config, "--requests-per-minute", "1000000") as running:
        tokens = [running.token(f"asker-{i}", "read", collection) for i in range(N_ASKERS)]
        # The server learns how long an answer takes.
        asyncio.run(_ask(running, tokens[:1], _ALONE))
        asyncio.run(_ask(running, tokens, _WARM))
        before_mb = running.memory_mb()
        answered, statuses = asyncio.run(_ask(running, tokens, n))
        grown_mb = running.memory_mb() - before_mb
    unfair = max(answered.values()) / max(min(answered[i] for i in range(N_ASKERS)), 1)
    others = sum(count for status, count in statuses.items() if status not in (200, 429))
    return ServeRow(
        f"{N_ASKERS} concurrent askers, one generator",
        "all answered or 429; fair within 2x; memory flat over 1,000 requests",
        f"{statuses[200]} answered, {statuses[429]} times 429, {others} others; most and fewest answers of an asker"
        f" {unfair:.2f}x; memory {grown_mb:+.1f} MB of {before_mb:.0f}",
        others == 0 and unfair <= 2 and grown_mb < 0.05 * before_mb,
        {
            "n": n,
            "fewest": min(answered.values()),
            "most": max(answered.values()),
            "grown_mb": round(grown_mb, 1),
        },
    )


async def _ask(running: Running, tokens: list[str], n: int) -> tuple[Counter[int], Counter[int]]:
    """Answers by asker until there are `n`, and statuses. Each asker asks again at once, or when it was told to."""
    answered: Counter[int] = Counter(dict.fromkeys(range(len(tokens)), 0))
    statuses: Counter[int] = Counter()

    async def asker(i: int) -> None:
        number = 0
        while answered.total() < n:
            number += 1
            body = {"question": f"How many loads did the clerk {i} of Bramley sell in {1800 + number % 200}?"}
            # A new connection, since the server closes one that is idle while an asker waits.
            async with Connection(running.port, tokens[i]) as connection:
                status, headers, _ = await connection.exchange("POST", "/v1/answers", body)
            statuses[status] += 1
            if status == 200:
                answered[i] += 1
            else:
                await asyncio.sleep(float(headers.get("retry-after", 1)))

    await asyncio.gather(*(asker(i) for i in range(len(tokens))))
    return answered, statuses
