"""What the server of :mod:`tests.workers` loads once, before it forks: Django and the application."""

import gc
from importlib import import_module

import django

django.setup()
import_module("workflow.procedures.registry")  # a worker would load it at its first job
gc.freeze()  # what is loaded is shared with each worker: its collector writes nothing there
