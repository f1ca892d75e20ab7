"""A server in its own process, and a client that costs little: it shares the cores with the server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from askive.eval.benchmarks.memory import memory_fields
from askive.rag.config import Config

_STARTUP_S = 180.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class ServeRow:
    """One promise. reach: what it says; measured: what was measured, as text; also: further figures."""

    name: str
    reach: str
    measured: str
    reached: bool
    also: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A server. config: with its home."""

    port: int
    pid: int
    config: Config

    def memory_mb(self) -> float:
        """Resident memory of its process without mapped files, in 2**20 bytes."""
        return memory_fields(self.pid)["RssAnon"]

    def token(self, name: str, role: str, collections: str) -> str:
        """Create a token and return its secret."""
        done = subprocess.run(
            [*ASKIVE, "token", "add", name, "--role", role, "--collections", collections],
            env=environment(self.config),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()


ASKIVE = [sys.executable, "-m", "askive.ui.cli"]


def environment(config: Config) -> dict[str, str]:
    """The environment of a process with these settings."""
    own = {
        "ASKIVE_HOME": config.home,
        "ASKIVE_EMBEDDER": config.embedder,
        "ASKIVE_GENERATOR": config.generator,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASKIVE_")}
    return {**kept, **{name: str(value) for name, value in own.items()}, "ASKIVE_READER": config.reader}


@contextmanager
def serving(config: Config, *options: str) -> Iterator[Running]:
    """`askive serve` on a free port. Raises RuntimeError with its output when it does not start."""
    log = config.home / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*ASKIVE, "serve", "--port", "0", *options], env=environment(config), stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + _STARTUP_S
        while not (found := _ADDRESS.search(log.read_text(encoding="utf-8"))):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        running = Running(int(found[1]), process.pid, config)
        asyncio.run(_ready(running, deadline))
        yield running
    finally:
        process.terminate()
        process.wait(30)


async def _ready(running: Running, deadline: float) -> None:
    async with Connection(running.port) as connection:
        while (await connection.send("GET", "/readyz"))[0] != 200:
            if time.monotonic() > deadline:
                raise RuntimeError("the models were not loaded in time")
            await asyncio.sleep(0.1)


class Connection:
    """One connection that is kept open, for `async with`."""

    def __init__(self, port: int, token: str | None = None, **headers: str) -> None:
        self._port = port
        given = {
            "Host": f"127.0.0.1:{port}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        self._head = "".join(f"{name}: {value}\r\n" for name, value in given.items())

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(
        self, method: str, path: str, body: Any = None, *, data: bytes | None = None, **query: str
    ) -> tuple[int, Any]:
        """The status, and the body read as JSON if it is that. body: sent as JSON; data: sent as it is."""
        status, _, found = await self.exchange(method, path, body, data=data, **query)
        return status, found

    async def exchange(
        self, method: str, path: str, body: Any = None, *, data: bytes | None = None, **query: str
    ) -> tuple[int, Mapping[str, str], Any]:
        """As `send`, with the headers of the response, their names in lower case."""
        content = data if data is not None else b"" if body is None else json.dumps(body).encode()
        target = f"{path}?{urlencode(query)}" if query else path
        kind = "" if body is None else "Content-Type: application/json\r\n"
        self._writer.write(
            f"{method} {target} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:]) if name
        }
        raw = await self._body(headers)
        is_json = headers.get("content-type", "").startswith("application/json")
        return int(lines[0].split()[1]), headers, json.loads(raw) if is_json else raw.decode()

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        raw = b""
        while size := int(await self._reader.readline(), 16):
            raw += await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()
        return raw


def make_documents(folder: Path, n: int) -> list[Path]:
    """Text files about places and people; document `i` has the word `marker_of(i)`, which no other one has."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i in range(n):
        path = folder / f"report-{i:04d}.txt"
        path.write_text(text_of(i), encoding="utf-8")
        paths.append(path)
    return paths


_TOWNS = ("Aldermoor", "Northwick", "Bramley", "Southmere", "Quarnheim", "Ferrow", "Lindholm", "Ostby")
_TRADES = ("bakers", "masons", "sailors", "weavers", "smiths", "printers", "tanners", "glaziers")
_GOODS = ("timber", "rye", "wool", "copper", "salt", "herring", "paper", "slate")


def marker_of(i: int) -> str:
    """A word that stands in document `i` only."""
    return "xq" + "".join("bdfghjklmn"[int(digit)] + "o" for digit in f"{i:04d}")


def text_of(i: int) -> str:
    """The text of document `i`."""
    town, trade, goods = (words[(i // k) % 8] for words, k in ((_TOWNS, 1), (_TRADES, 8), (_GOODS, 64)))
    return (
        f"Report {i} of {town}\n\nThe {trade} of {town} sold {i + 3} loads of {goods} in {1800 + i % 200}. "
        f"Their clerk {marker_of(i).title()} wrote the account. "
        f"The price of {goods} was {i % 90 + 10} crowns a load.\n\n"
        f"In the spring the {trade} asked the council for a new quay. "
        f"The council of {town} declined, as the plan had no costs.\n"
    )
