"""Says, before the settings are read, that the tests run a demonstration: nothing is one by default."""

import os

os.environ.setdefault("DEMONSTRATION", "1")
