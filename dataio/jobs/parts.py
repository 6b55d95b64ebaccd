"""The parts behind dataio, and a check of each that really uses it.

A check returns a line that says what it found, or raises: `Wrong` with what mends it, or
whatever its library raises. None changes anything that anybody sees.
"""

from __future__ import annotations

import asyncio
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from asgiref.sync import async_to_sync
from celery import current_app
from channels.layers import get_channel_layer
from django.core.checks import WARNING, run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dataio.conf import settings
from dataio.progress import store

WAIT = 2
"""Seconds for a part to answer, where its library can be told."""
BEAT_SILENT_SECONDS = 60
"""The rescue task comes every few seconds; without it for so long, beat or workers are away."""
LEAST_FREE_BYTES = 1024**3


class Wrong(Exception):
    """What a check found wrong, and what mends it."""

    def __init__(self, said: str, mend: str) -> None:
        super().__init__(said)
        self.said, self.mend = said, mend


def _settings() -> str:
    found = [one for one in run_checks() if one.level >= WARNING]
    wrong = [one for one in found if not one.is_silenced()]
    if wrong:
        first = wrong[0]
        rest = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise Wrong(f"{first.id}: {first.msg}{rest}", first.hint or _CHECK)
    conf = current_app.conf
    if not (conf.task_acks_late and conf.task_reject_on_worker_lost):
        raise Wrong(
            "A task is taken off the broker before it is done.",
            "Set CELERY_TASK_ACKS_LATE and CELERY_TASK_REJECT_ON_WORKER_LOST to True.",
        )
    if conf.task_always_eager:
        raise Wrong("Jobs run inside requests.", "Remove CELERY_TASK_ALWAYS_EAGER.")
    return "Django's checks pass; tasks are kept by the broker until they are done"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            if cursor.fetchone()[0] != "wal":
                raise Wrong(
                    "SQLite is not in WAL mode: readers wait for writers.",
                    'Add "PRAGMA journal_mode=WAL" to init_command of the database.',
                )
    return f"{connection.display_name} answers"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = plan[0][0]
        raise Wrong(
            f"{len(plan)} migrations are not applied, the first is {first}.",
            "Run: python manage.py migrate",
        )
    return "all are applied"


def _broker() -> str:
    with current_app.connection_for_write(connect_timeout=WAIT) as broker:
        broker.ensure_connection(max_retries=1, timeout=WAIT, interval_start=0)
        return f"{broker.transport_cls} at {broker.hostname} answers"


def _results() -> str:
    store.connection(settings.DATAIO_REDIS_URL).ping()
    backend = current_app.backend
    client = getattr(backend, "client", None)
    if not isinstance(client, redis.Redis):
        raise Wrong(
            f"Results are kept by {type(backend).__name__}, where celery-progress does not "
            "find what dataio tells.",
            "Set CELERY_RESULT_BACKEND to the address in DATAIO_REDIS_URL.",
        )
    client.ping()
    return "Redis for snapshots and results answers"


def _channel_layer() -> str:
    layer: Any = get_channel_layer()
    if layer is None:
        raise Wrong("There is none: pages only poll.", "Set CHANNEL_LAYERS.")
    if "InMemory" in type(layer).__name__:
        raise Wrong(
            "It is in memory: what workers tell reaches no browser.",
            "Set CHANNEL_LAYERS to channels_redis.pubsub.RedisPubSubChannelLayer.",
        )
    async_to_sync(_round_trip)(layer)
    return f"{type(layer).__name__} carries messages"


async def _round_trip(layer: Any) -> None:
    group = f"dataio.doctor.{uuid.uuid4().hex}"
    # A server that is frozen holds up every step, also that of leaving.
    async with asyncio.timeout(WAIT):
        mine = await layer.new_channel()
        await layer.group_add(group, mine)
        await layer.group_send(group, {"type": "doctor"})
        await layer.receive(mine)
        await layer.group_discard(group, mine)


def _storage() -> str:
    root = Path(settings.DATAIO_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    name = f".doctor-{uuid.uuid4().hex}"
    draft, whole = root / f"{name}.part", root / name
    try:
        draft.write_bytes(b"dataio")
        draft.replace(whole)
        whole.read_bytes()
    finally:
        draft.unlink(missing_ok=True)
        whole.unlink(missing_ok=True)
    free = shutil.disk_usage(root).free
    if free < LEAST_FREE_BYTES:
        raise Wrong(
            f"Only {free / 1024**2:,.0f} MB are free in {root}.",
            "Make room, or shorten DATAIO_KEEP_FILES_DAYS.",
        )
    return f"{root} can be written; {free / 1024**3:,.0f} GB are free"


def _workers() -> str:
    queues = current_app.control.inspect(timeout=1.0).active_queues() or {}
    wanted = current_app.conf.task_default_queue
    able = [
        node
        for node, found in queues.items()
        if wanted in {queue["name"] for queue in found}
    ]
    if not able:
        raise Wrong(f'No worker takes jobs from the queue "{wanted}".', _START_WORKER)
    return f"{len(able)} answer: {', '.join(sorted(able))}"


def _beat() -> str:
    seen = store.last_rescue()
    if seen is None or time.time() - seen > BEAT_SILENT_SECONDS:
        when = "never" if seen is None else f"{time.time() - seen:,.0f} seconds ago"
        raise Wrong(f"The rescue task ran last: {when}.", _START_BEAT)
    return f"the rescue task ran {time.time() - seen:,.0f} seconds ago"


_CHECK = "Run: python manage.py check"
_START_WORKER = "Start one: celery -A project.celery worker"
_START_BEAT = "Start beat and a worker: celery -A project.celery beat"
_START_REDIS = "Start Redis, or set its address: REDIS_URL"

CHECKS: dict[str, tuple[Callable[[], str], str]] = {
    "settings": (_settings, _CHECK),
    "database": (_database, "Start the database, or set its address: DATABASE_URL"),
    "migrations": (_migrations, "Run: python manage.py migrate"),
    "broker": (_broker, "Start the broker, or set its address: CELERY_BROKER_URL"),
    "results": (_results, _START_REDIS),
    "channel layer": (_channel_layer, _START_REDIS),
    "storage": (_storage, "Give the folder DATAIO_ROOT to the user of this process."),
    "workers": (_workers, _START_WORKER),
    "beat": (_beat, _START_BEAT),
}
"""Part -> its check, which returns a line or raises, and what mends it when it raises."""
