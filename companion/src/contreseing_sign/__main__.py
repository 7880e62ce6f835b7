"""``python -m contreseing_sign``."""

import sys

from contreseing_sign.command import main

if __name__ == "__main__":
    sys.exit(main())
