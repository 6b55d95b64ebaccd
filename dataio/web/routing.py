"""The addresses of the sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.urls import path

from dataio.web.consumers import JobSnapshots, MySnapshots

if TYPE_CHECKING:
    from channels.generic.websocket import AsyncJsonWebsocketConsumer


def _application(consumer: type[AsyncJsonWebsocketConsumer]) -> Any:
    # Django types `path` for views of requests; Channels routes sockets with it.
    return cast("Any", consumer.as_asgi())


websocket_urlpatterns = [
    path("ws/dataio/jobs/", _application(MySnapshots)),
    path("ws/dataio/jobs/<uuid:job_id>/", _application(JobSnapshots)),
]
