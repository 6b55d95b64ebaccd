"""The addresses of the sockets."""

from __future__ import annotations

from django.urls import path

from dataio.web.consumers import JobSnapshots, MySnapshots

websocket_urlpatterns = [
    path("ws/dataio/jobs/", MySnapshots.as_asgi()),
    path("ws/dataio/jobs/<uuid:job_id>/", JobSnapshots.as_asgi()),
]
