"""The websocket addresses."""

from __future__ import annotations

from django.urls import path

from workflow.live.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
