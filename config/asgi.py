"""The ASGI entry point: pages over HTTP, live events over websocket."""

from __future__ import annotations

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from config.loading import loading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
with loading():
    import django

    django.setup(set_prefix=False)

from config.front import Front  # noqa: E402 (models need Django set up)
from config.handler import Pages  # noqa: E402
from config.loaded import load  # noqa: E402
from workflow.live.sockets import websocket_urlpatterns  # noqa: E402

load()
application = Front(
    pages=Pages(),
    sockets=AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    socket_path="/ws/live/",
)
