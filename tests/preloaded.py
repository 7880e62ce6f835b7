"""What the server of :mod:`tests.workers` loads once, before it forks: Django, the application, its pages."""

import gc
from importlib import import_module

import django

django.setup()
# after Django; none keeps a setting, as config.asgi would; a worker would load the registry at its first job
for name in (
    "config.serve",
    "config.front",
    "workflow.live.sockets",
    "config.urls",
    "workflow.procedures.registry",
):
    import_module(name)
gc.freeze()  # what is loaded is shared with each process: its collector writes nothing there
