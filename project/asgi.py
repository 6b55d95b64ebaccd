"""The ASGI application: pages and sockets."""

from __future__ import annotations

import gc
import os
import tempfile

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django_application = get_asgi_application()

# After get_asgi_application: these modules need the apps to be ready.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from dataio.web.routing import websocket_urlpatterns  # noqa: E402
from project.signed_in import is_signed_in  # noqa: E402
from project.upload_guard import UploadGuard  # noqa: E402

# Django spools a request's body in Python's folder for temporary files, which may be
# in memory; an upload belongs on a disk.
tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)

application = ProtocolTypeRouter(
    {
        "http": UploadGuard(
            django_application, settings.DATAIO_MAX_UPLOAD_BYTES, is_signed_in
        ),
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)

# To look for cycles among all that was loaded takes 65 ms, in which no socket is served.
gc.freeze()
