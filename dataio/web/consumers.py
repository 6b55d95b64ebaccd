"""Sockets: the newest snapshot at once, then each newer one. Rights as everywhere: visible_to."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from dataio.jobs import broadcast
from dataio.models import Job
from dataio.progress import channel
from dataio.web import hub
from dataio.web.origin import is_of_this_site

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


logger = logging.getLogger(__name__)

GOING_AWAY = 1012
"""The code of a socket that is closed and may be opened again at once."""


class Snapshots(AsyncJsonWebsocketConsumer):
    """What the two sockets share: join a group, say what is known, pass on what comes.

    A browser that takes its messages slowly gets fewer: of each job only the newest waits.
    """

    group = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open = False
        self._waiting: dict[str, str] = {}
        self._sending: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accept whoever may see the jobs; refuse strangers (the handshake answers 403)."""
        group = is_of_this_site(self.scope) and await self.find_group()
        if not group:
            await self.close()
            return
        self.group = group
        # Joined before the newest is read, so that nothing falls between.
        await hub.join(group, self)
        await self.accept()
        self._open = True
        await self.send_newest()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await hub.leave(self.group, self)
        self._open = False

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Any message, such as celery-progress's own question, is answered with the newest."""
        await self.send_newest()

    def offer(self, job: str, text: str) -> None:
        """Send a snapshot as soon as the browser takes it, unless a newer one comes before."""
        self._waiting[job] = text
        self._begin()

    def lose(self) -> None:
        """Let the browser come again: nothing more would be heard here."""
        self._sending = asyncio.create_task(self.close(GOING_AWAY))

    async def send_newest(self) -> None:
        for wire in await self.newest():
            # What was heard in the meantime is not older.
            self._waiting.setdefault(wire["job"], json.dumps(wire))
        self._begin()

    def _begin(self) -> None:
        idle = self._sending is None or self._sending.done()
        if self._open and idle:
            self._sending = asyncio.create_task(self._send_waiting())

    async def _send_waiting(self) -> None:
        try:
            while self._waiting and self._open:
                job = next(iter(self._waiting))
                await self.send(text_data=self._waiting.pop(job))
        except OSError:
            logger.debug("The browser is gone", exc_info=True)

    async def find_group(self) -> str:
        """Return the group to join, or "" for a stranger."""
        raise NotImplementedError

    async def newest(self) -> list[dict[str, Any]]:
        """Return what is known now."""
        raise NotImplementedError


class JobSnapshots(Snapshots):
    """One job: ws/dataio/jobs/<uuid>/."""

    async def find_group(self) -> str:
        job = await self._job()
        return channel.job_group(str(job.pk)) if job else ""

    async def newest(self) -> list[dict[str, Any]]:
        job = await self._job()
        return [await database_sync_to_async(_wire)(job)] if job else []

    async def _job(self) -> Job | None:
        job_id = self.scope["url_route"]["kwargs"]["job_id"]
        visible = Job.objects.visible_to(_user(self.scope))
        return await visible.filter(pk=job_id).afirst()


class MySnapshots(Snapshots):
    """All jobs of the person: ws/dataio/jobs/."""

    async def find_group(self) -> str:
        user = _user(self.scope)
        return channel.owner_group(user.pk) if user.is_authenticated else ""

    async def newest(self) -> list[dict[str, Any]]:
        return await database_sync_to_async(self._active)()

    def _active(self) -> list[dict[str, Any]]:
        mine = Job.objects.filter(owner=_user(self.scope).pk)
        return [_wire(job) for job in mine.active()]


def _user(scope: Any) -> AbstractBaseUser | AnonymousUser:
    """Return who opened the socket; AuthMiddlewareStack puts a user into every scope."""
    return cast("AbstractBaseUser | AnonymousUser", scope["user"])


def _wire(job: Job) -> dict[str, Any]:
    return broadcast.newest(job).as_wire()
