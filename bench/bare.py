"""The peers of ``./run bench load``: Django's « hello », and guardian's list with no page around it.

Our database and our settings, of which only the addresses and the middleware are others.
"""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from guardian.shortcuts import get_objects_for_user  # noqa: E402 (models need Django set up)

from contracts.models import Contract  # noqa: E402
from stakeholders.models import User  # noqa: E402
from workflow.tasks.keyset import COUNTED_AT_MOST, PAGE  # noqa: E402


def hello(_request: HttpRequest) -> HttpResponse:
    """Say hello."""
    return HttpResponse("Bonjour\n")


def guardian(_request: HttpRequest, person: int) -> HttpResponse:
    """Name the contracts that somebody may read: a capped count and a first page."""
    reader = User.objects.get(pk=person)
    found = get_objects_for_user(
        reader, "contracts.view_contract", Contract, with_superuser=False, accept_global_perms=False
    )
    count = found[: COUNTED_AT_MOST + 1].count()
    return HttpResponse("\n".join([str(count), *(contract.reference for contract in found[:PAGE])]))


urlpatterns = [path("bonjour/", hello), path("guardian/<int:person>/", guardian)]
settings.ROOT_URLCONF, settings.MIDDLEWARE = "bench.bare", []
application = get_asgi_application()
