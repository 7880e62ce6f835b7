"""What the server of :mod:`tests.workers` loads once, before it forks: Django and the application."""

import django

django.setup()
