"""Sign with one's card what Contreseing prepared: it is shown before the code is asked."""

__version__ = "1.0.0"
