"""Delays after wrong passwords: longer with each one from the same address."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

N_FREE = 3
"""This many wrong passwords have no delay: people mistype."""
LONGEST_S = 900.0
_RESET_S = 3600.0
_MAX_ADDRESSES = 4096


@dataclass(slots=True)
class _Failures:
    n: int = 0
    last: float = 0.0
    locked_until: float = 0.0


class Throttle:
    """Counts the wrong passwords of each address. Not thread-safe.

    now: a clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Seconds until the address may try again, rounded up; 0 when it may."""
        known = self._known.get(_network(address))
        return max(0, math.ceil(known.locked_until - self._now())) if known else 0

    def fail(self, address: str) -> tuple[int, int]:
        """Count a wrong password. Returns how many there were in a row, and the delay in seconds.

        1 s after the fourth, doubled with each further one up to LONGEST_S; an hour without one resets the count.
        """
        now, network = self._now(), _network(address)
        known = self._known.pop(network, None)
        if known is None or now - known.last > _RESET_S:
            known = _Failures()
        known.n, known.last = known.n + 1, now
        locked_s = 0.0 if known.n <= N_FREE else min(2.0 ** min(known.n - N_FREE - 1, 30), LONGEST_S)
        known.locked_until = now + locked_s
        self._known[network] = known
        while len(self._known) > _MAX_ADDRESSES:
            self._known.popitem(last=False)
        return known.n, math.ceil(locked_s)

    def succeed(self, address: str) -> None:
        """Reset the count of an address."""
        self._known.pop(_network(address), None)


def _network(address: str) -> str:
    """An IPv6 host may take any address of its /64; they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
