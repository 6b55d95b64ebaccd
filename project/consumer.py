"""The part of a worker that listens to the broker: it outlives a Redis that goes away.

Celery's own ends the whole worker when Redis goes while a task runs: closing the connection, it
tries to give the task back to where nothing listens any more. What is not acknowledged stays
in Redis until the visibility timeout; when it is delivered again then, the job is done and
nothing happens.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.worker import consumer

logger = logging.getLogger(__name__)


class Consumer(consumer.Consumer):
    """Set by CELERY_WORKER_CONSUMER."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Take leave of a connection that broke; tasks that run go on."""
        for channel in _channels(self.connection):
            # Tasks that end from now on would acknowledge there.
            channel.basic_ack = channel.basic_reject = _nothing
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError:
            logger.warning("Messages stay with the broker, which is away")


def _channels(connection: Any) -> list[Any]:
    """Return the channels of a Redis connection; RabbitMQ's need no such care."""
    transport = connection.transport
    on_redis = transport.driver_type == "redis"
    return list(transport.channels) if on_redis else []


def _nothing(*_told: object, **_named: object) -> None:
    """What a channel does that is not connected any more."""
