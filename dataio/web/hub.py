"""One ear for all sockets of this process that wait for the same group.

The channel layer hands each socket its own copy of a message, through a queue, a task and a
look for old database connections: half a millisecond, for each of a thousand people who watch
one job. Here one task per group listens, writes the message as text once, and passes the text
to all sockets of the group.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """A socket."""

    def offer(self, job: str, text: str) -> None:
        """Take a snapshot of a job as JSON; never waits."""
        ...

    def lose(self) -> None:
        """Take that nothing more will come."""
        ...


class _Ear:
    """Listens for one group, as long as anybody wants to hear."""

    def __init__(self, group: str, gone: Callable[[], None]) -> None:
        self.listeners: set[Listener] = set()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gone = gone
        self._task = asyncio.create_task(self._listen(group))

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _listen(self, group: str) -> None:
        layer = cast("Any", get_channel_layer())
        try:
            channel = await layer.new_channel()
            await layer.group_add(group, channel)
            self.opened.set_result(None)
            try:
                while True:
                    self._pass_on((await layer.receive(channel))["snapshot"])
            finally:
                await layer.group_discard(group, channel)
        except Exception as error:
            # Redis is away. The browsers ask over HTTP meanwhile, and come back.
            logger.warning("Snapshots cannot be heard", exc_info=True)
            self._gone()
            if not self.opened.done():
                self.opened.set_exception(error)
                return
            for listener in list(self.listeners):
                listener.lose()

    def _pass_on(self, snapshot: dict[str, Any]) -> None:
        text = json.dumps(snapshot)
        for listener in list(self.listeners):
            listener.offer(snapshot["job"], text)


_Ears = dict[str, _Ear]
_ears: WeakKeyDictionary[asyncio.AbstractEventLoop, _Ears] = WeakKeyDictionary()


async def join(group: str, listener: Listener) -> None:
    """Let the socket hear the group from now on; returns when it does."""
    ears = _ears.setdefault(asyncio.get_running_loop(), {})
    if group not in ears:
        ears[group] = _Ear(group, lambda: _forget(ears, group))
    ears[group].listeners.add(listener)
    # Shielded: a socket that is closed meanwhile must not end the wait of the others.
    await asyncio.shield(ears[group].opened)


async def leave(group: str, listener: Listener) -> None:
    """Let the socket hear no more; the last one closes the ear."""
    ears = _ears.get(asyncio.get_running_loop(), {})
    ear = ears.get(group)
    if ear is None:
        return
    ear.listeners.discard(listener)
    if not ear.listeners:
        _forget(ears, group)
        await ear.close()


def _forget(ears: _Ears, group: str) -> None:
    ears.pop(group, None)
