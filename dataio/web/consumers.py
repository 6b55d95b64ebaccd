"""Sockets: the newest snapshot at once, then each newer one. Rights as everywhere: visible_to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from dataio.jobs import broadcast
from dataio.models import Job
from dataio.progress import channel

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Snapshots(AsyncJsonWebsocketConsumer):
    """What the two sockets share: join a group, say what is known, pass on what comes."""

    group = ""

    async def connect(self) -> None:
        """Accept whoever may see the jobs; refuse strangers (the handshake answers 403)."""
        group = await self.find_group()
        if not group:
            await self.close()
            return
        self.group = group
        # Joined before the newest is read, so that nothing falls between.
        await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()
        await self.send_newest()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Any message, such as celery-progress's own question, is answered with the newest."""
        await self.send_newest()

    async def snapshot_newer(self, event: dict[str, Any]) -> None:
        """Pass a snapshot on (a message of `dataio.progress.channel`)."""
        await self.send_json(event["snapshot"])

    async def send_newest(self) -> None:
        for wire in await self.newest():
            await self.send_json(wire)

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
