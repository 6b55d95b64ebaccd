"""From the worker to the browser: how long one snapshot takes to each of many sockets."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.place import Place
from benchmarks.watch import worked

CASES = ((1, 1), (200, 200), (1_000, 100), (1_000, 1))
"""Watchers, and jobs that they watch."""
SECONDS = 10
AT_ONCE = 20
"""Sockets opened at the same moment."""
AFTER = 1.5
"""Seconds that messages on their way are waited for."""


@dataclass
class Receipts:
    """What the sockets got: when, and the text."""

    got: list[tuple[float, str | bytes]] = field(default_factory=list)

    async def take(self, socket: Any) -> None:
        got, now = self.got, time.time
        async for message in socket:
            got.append((now(), message))


def measure(place: Place) -> dict[str, Any]:
    """Return the milliseconds that half and 99 of 100 messages took at most, by case."""
    return {
        f"{watchers:,} watchers of {jobs:,} jobs": asyncio.run(
            _case(place, watchers, jobs)
        )
        for watchers, jobs in CASES
    }


async def _case(place: Place, watchers: int, jobs: int) -> dict[str, Any]:
    made = place.run("benchmarks.interactive.watched_jobs", "make", str(jobs))
    receipts = Receipts()
    sockets = await _open(place, made, watchers)
    tasks = [asyncio.create_task(receipts.take(socket)) for socket in sockets]
    await asyncio.sleep(1)  # what every socket gets first is out of the way
    receipts.got.clear()
    before = worked([place.families["web"]])
    command = ("benchmarks.interactive.watched_jobs", "tell", str(jobs), str(SECONDS))
    told = await asyncio.to_thread(place.run, *command)
    await asyncio.sleep(AFTER)
    work = 1_000 * (worked([place.families["web"]]) - before) / len(receipts.got)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*(socket.close() for socket in sockets))
    expected = watchers // jobs * len(told["told"])
    return _summary(receipts, told, expected) | {
        "web_work_ms_a_message": round(work, 3)
    }


async def _open(place: Place, made: dict[str, Any], watchers: int) -> list[Any]:
    from websockets.asyncio.client import connect

    address = place.url.replace("http", "ws", 1)
    parts = urlsplit(place.url)
    origin: Any = f"{parts.scheme}://{parts.netloc}"
    cookie = {"Cookie": f"sessionid={made['session']}"}
    sockets: list[Any] = []
    for start in range(0, watchers, AT_ONCE):
        jobs = [
            made["jobs"][number % len(made["jobs"])]
            for number in range(start, min(start + AT_ONCE, watchers))
        ]
        sockets += await asyncio.gather(
            *(
                connect(
                    f"{address}ws/dataio/jobs/{job}/",
                    origin=origin,
                    additional_headers=cookie,
                    open_timeout=60,
                    proxy=None,
                )
                for job in jobs
            )
        )
    return sockets


def _summary(receipts: Receipts, told: dict[str, Any], expected: int) -> dict[str, Any]:
    times = []
    for at, text in receipts.got:
        snapshot = json.loads(text)
        begun = told["told"].get(f"{snapshot['job']} {snapshot['current']}")
        if begun is not None:
            times.append(1_000 * (at - begun))
    half, most = np.percentile(times, [50, 99])
    return {
        "p50_ms": round(float(half), 1),
        "p99_ms": round(float(most), 1),
        "worst_ms": round(max(times), 1),
        "messages": len(times),
        "lost": expected - len(times),
        "worker_work_ms_a_telling": told["work_ms"],
    }
