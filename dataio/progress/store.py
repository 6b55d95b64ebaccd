"""The newest snapshot of each job, in Redis: one place for all processes that work on the job.

Two keys per job, both gone DATAIO_SNAPSHOT_SECONDS after the last snapshot:

- `dataio:tally:<job>`: a hash; how far each phase is, the totals, the pace, the newest snapshot;
- the Celery result of the job's id (`celery-task-meta-<job>`), see `dataio.progress.celery`, so
  that `celery_progress.backend.Progress` reads it.

All functions raise `redis.RedisError` when Redis is away; `dataio.jobs.broadcast` catches it,
because progress must never fail the work.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, cast

import redis

from dataio.conf import settings
from dataio.progress.estimate import Pace, PhaseProgress
from dataio.progress.meter import Reading

RESCUE_KEY = "dataio:rescue"
MESSAGES_KEPT_FREE = 1
"""Of the messages allowed per second, this many are kept for the last one."""

# Counts this reading in and takes the next number. Numbers are milliseconds at least, so that
# they go on rising when Redis has lost its memory.
_ADD = """
local key, phase, now = KEYS[1], ARGV[1], tonumber(ARGV[2])
if ARGV[3] ~= '' then
  if ARGV[4] == 'add' then redis.call('HINCRBY', key, 'done:' .. phase, ARGV[3])
  else redis.call('HSET', key, 'done:' .. phase, ARGV[3]) end
end
if ARGV[5] ~= '' then redis.call('HSET', key, 'total:' .. phase, ARGV[5]) end
for i = 7, #ARGV, 2 do redis.call('HINCRBY', key, 'count:' .. ARGV[i], ARGV[i + 1]) end
local seq = math.max(tonumber(redis.call('HGET', key, 'seq') or '0') + 1, now)
redis.call('HSET', key, 'seq', string.format('%.0f', seq))
redis.call('EXPIRE', key, ARGV[6])
return redis.call('HGETALL', key)
"""

# Keeps a snapshot unless a newer one is there, and publishes it unless this second is full.
# After an attempt has come to rest nothing is heard of its work: another process was late.
_PUBLISH = """
local tally, result, seq, now = KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2])
if seq < tonumber(redis.call('HGET', tally, 'kept') or '0') then return 0 end
if ARGV[11] == 'rests' then redis.call('HSET', tally, 'rested', ARGV[10])
elseif ARGV[11] == 'running' and
  tonumber(ARGV[10]) <= tonumber(redis.call('HGET', tally, 'rested') or '-1') then return 0 end
redis.call('HSET', tally, 'kept', string.format('%.0f', seq), 'pace', ARGV[3], 'snapshot', ARGV[9])
redis.call('SET', result, ARGV[4], 'EX', ARGV[5])
redis.call('EXPIRE', tally, ARGV[5])
local recent = {}
for at in string.gmatch(redis.call('HGET', tally, 'sent') or '', '%S+') do
  if now - tonumber(at) < 1000 then recent[#recent + 1] = at end
end
if #recent >= tonumber(ARGV[6]) then return 1 end
recent[#recent + 1] = string.format('%.0f', now)
redis.call('HSET', tally, 'sent', table.concat(recent, ' '))
redis.call('PUBLISH', ARGV[8], ARGV[7])
if ARGV[12] then redis.call('PUBLISH', ARGV[12], ARGV[7]) end
return 2
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What all processes together have told of one job."""

    seq: int
    phases: dict[str, PhaseProgress]
    counts: dict[str, int]
    pace: Pace


@lru_cache(maxsize=8)
def connection(url: str) -> redis.Redis:
    """Return a client; each process keeps one, with short time-outs so that work goes on."""
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)


def add(job: str, reading: Reading, *, shared: bool) -> Tally:
    """Count a reading in and return the tally.

    `shared`: several processes advance this phase, so `reading.current` is what is new;
    otherwise it is the whole of what is done.
    """
    counts = [str(part) for pair in reading.counts.items() for part in pair]
    arguments = [
        reading.phase,
        int(time.time() * 1000),
        reading.current,
        "add" if shared else "set",
        "" if reading.total is None else reading.total,
        settings.DATAIO_SNAPSHOT_SECONDS,
        *counts,
    ]
    return _tally(_client().eval(_ADD, 1, _tally_key(job), *arguments))


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A snapshot, ready to be kept and published."""

    wire: dict[str, Any]
    """`Snapshot.as_wire()`."""
    pace: Pace
    result: dict[str, Any]
    """The record for Celery's result backend."""
    payload: bytes
    """What is published, as the channel layer writes it."""
    attempt: int
    """`Job.attempt` of whoever tells."""
    last: bool
    """Nothing comes after it for a while, so it is published whatever went before."""
    channels: tuple[str, ...]
    """Redis channels: the job's group, and the owner's."""


def publish(job: str, message: Message) -> bool:
    """Keep the snapshot unless a newer one is kept; return whether it was published too."""
    allowed = max(1, int(settings.DATAIO_MESSAGES_PER_SECOND) - MESSAGES_KEPT_FREE)
    first, *more = message.channels
    arguments = [
        message.wire["seq"],
        int(time.time() * 1000),
        json.dumps(asdict(message.pace)),
        json.dumps(message.result),
        settings.DATAIO_SNAPSHOT_SECONDS,
        1_000_000 if message.last else allowed,
        message.payload,
        first,
        json.dumps(message.wire),
        message.attempt,
        "rests" if message.last else message.wire["job_state"],
        *more,
    ]
    keys = [_tally_key(job), result_key(job)]
    return cast("int", _client().eval(_PUBLISH, 2, *keys, *arguments)) == 2


def newest(job: str) -> dict[str, Any] | None:
    """Return the newest snapshot as it went over the wire, or None."""
    stored = cast("bytes | None", _client().hget(_tally_key(job), "snapshot"))
    return json.loads(stored) if stored else None


def next_seq(job: str) -> int:
    """Return a number greater than those of all snapshots so far."""
    stored = cast("list[bytes | None]", _client().hmget(_tally_key(job), "seq", "kept"))
    newest = max(int(number or 0) for number in stored)
    return max(int(time.time() * 1000), newest + 1)


def note_life(job: str) -> None:
    """Note that a process works on the job, whatever its progress."""
    key = _tally_key(job)
    _client().hset(key, "alive", str(int(time.time() * 1000)))
    _client().expire(key, settings.DATAIO_SNAPSHOT_SECONDS)


def last_told(job: str) -> float | None:
    """Return when any process last told of the job: seconds since the epoch."""
    names = ["kept", "alive"]
    stored = cast("list[bytes | None]", _client().hmget(_tally_key(job), names))
    moments = [int(moment) for moment in stored if moment]
    return max(moments) / 1000 if moments else None


def note_rescue() -> None:
    """Note that the rescue task runs: beat sends it and a worker takes it."""
    _client().set(RESCUE_KEY, int(time.time() * 1000))


def last_rescue() -> float | None:
    """Return when the rescue task ran last: seconds since the epoch; None: never."""
    stored = cast("bytes | None", _client().get(RESCUE_KEY))
    return int(stored) / 1000 if stored else None


def ask_to_stop(job: str) -> None:
    """Note that the job is to stop; `forget` takes it back."""
    _client().hset(_tally_key(job), "stop", "1")
    _client().expire(_tally_key(job), settings.DATAIO_SNAPSHOT_SECONDS)


def is_asked_to_stop(job: str) -> bool:
    """Return whether the job is to stop."""
    return bool(_client().hexists(_tally_key(job), "stop"))


def forget(job: str) -> None:
    """Forget how far the job had come; numbers and counts go on rising."""
    key = _tally_key(job)
    kept = cast("list[bytes]", _client().hkeys(key))
    phases = [name for name in kept if name.startswith((b"done:", b"total:"))]
    _client().hdel(key, "pace", "snapshot", "stop", *phases)


def result_key(job: str) -> str:
    """Return the key under which Celery's Redis result backend keeps the result of this id."""
    return f"celery-task-meta-{job}"


def _client() -> redis.Redis:
    return connection(settings.DATAIO_REDIS_URL)


def _tally_key(job: str) -> str:
    return f"dataio:tally:{job}"


def _tally(answer: list[bytes]) -> Tally:
    texts = [part.decode() for part in answer]
    fields = dict(zip(texts[::2], texts[1::2], strict=True))
    names = {
        key.partition(":")[2] for key in fields if key.startswith(("done:", "total:"))
    }
    return Tally(
        seq=int(fields["seq"]),
        phases={
            name: PhaseProgress(
                done=int(fields.get(f"done:{name}", 0)),
                total=int(fields[f"total:{name}"])
                if f"total:{name}" in fields
                else None,
            )
            for name in names
        },
        counts={
            key.partition(":")[2]: int(value)
            for key, value in fields.items()
            if key.startswith("count:")
        },
        pace=Pace(**json.loads(fields["pace"])) if "pace" in fields else Pace(),
    )
