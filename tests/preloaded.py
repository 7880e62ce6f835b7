"""What the server of :mod:`tests.workers` loads once, before it forks: Django, the application, its pages."""

from importlib import import_module

import django

django.setup()
# after Django; none keeps a setting, as config.asgi would
for name in ("config.serve", "config.front", "workflow.live.sockets", "config.urls"):
    import_module(name)
