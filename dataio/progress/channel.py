"""Snapshots on the channel layer: the names of groups, and messages as the layer writes them.

A worker has no event loop, and `async_to_sync(group_send)` costs a thread, a loop and a
connection each time (2 to 3 ms). The pub/sub layer reads plain Redis messages, so a worker
publishes one itself (0.04 ms). The names are the layer's own (channels_redis.pubsub,
`_get_group_channel_name`); tests/integration/test_channel.py holds them together.
"""

from __future__ import annotations

from typing import Any, cast

from channels.layers import get_channel_layer

HANDLER = "snapshot.newer"
"""Type of the message; the consumer's method is `snapshot_newer`."""


def job_group(job: str) -> str:
    """Return the group of all sockets that watch this job."""
    return f"dataio.job.{job}"


def owner_group(owner: object) -> str:
    """Return the group of all sockets that watch this person's jobs."""
    return f"dataio.owner.{owner}"


def payload(wire: dict[str, Any]) -> bytes:
    """Return a snapshot as the channel layer writes messages."""
    layer = cast("Any", get_channel_layer())
    return cast("bytes", layer.serialize({"type": HANDLER, "snapshot": wire}))


def redis_channel(group: str) -> str:
    """Return the Redis channel that carries a group's messages."""
    layer = cast("Any", get_channel_layer())
    prefix = layer._kwargs.get("prefix", "asgi")
    return f"{prefix}__group__{group}"
