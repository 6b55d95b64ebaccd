"""RabbitMQ that hangs is taken for one that is away.

py-amqp waits for ever for the answer to a question, such as the one for a queue; its
`read_timeout` is a setting of the socket that it ignores. Whoever clicks would wait with it.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import pyamqp

ANSWERS_WITHIN = 5.0
"""Seconds that an answer may take where nobody has said how long."""


class Connection(pyamqp.Connection):
    """A connection that is given up when an answer does not come."""

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Read one frame; raises TimeoutError after `timeout` seconds."""
        if timeout is not None:  # a worker that waits for tasks, or the first handshake
            return super().blocking_read(timeout)
        try:
            return super().blocking_read(ANSWERS_WITHIN)
        except TimeoutError:
            # What comes late would be taken for the answer to the next question.
            self.collect()
            raise


class Transport(pyamqp.Transport):
    """Set by CELERY_BROKER_TRANSPORT for amqp://."""

    Connection = Connection


class SecureTransport(pyamqp.SSLTransport):
    """The same for amqps://."""

    Connection = Connection
