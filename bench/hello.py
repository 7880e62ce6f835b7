"""Django alone, as it comes: the peer of ``./run bench hostile``. Its own settings and its own server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET_KEY = "bench"  # noqa: S105 (nothing is kept)
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.hello"
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def login(request: HttpRequest) -> HttpResponse:
    """Hash the password that was sent."""
    return HttpResponse(make_password(request.POST.get("password", "x")))


def health(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return HttpResponse("ok\n")


urlpatterns = [path("login/", login), path("sante/", health)]
_pages = get_asgi_application()


async def application(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Django's pages, and a socket that reads whatever comes."""
    if scope["type"] == "http":
        await _pages(scope, receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
