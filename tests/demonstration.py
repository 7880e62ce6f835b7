"""Says, before the settings are read, that the tests run a demonstration: nothing is one by default."""

import gc
import os

os.environ.setdefault("DEMONSTRATION", "1")
gc.disable()  # until tests/conftest.py has all that it loads: none of it is garbage
