"""Django's own tags, which compose what never changes once a process instead of on every page.

The sentences and the addresses of a page took a fifth of its time. ``TEMPLATES`` and :mod:`config.apps` put
these in their place.
"""
