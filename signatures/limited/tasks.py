"""What may be done with a file in the limited process: a closed list, by name.

Each takes the bytes and its options (JSON data) and returns JSON data. Nothing here may ask
the database, the network or a secret: the process has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from signatures.brought import for_another_process as brought
from signatures.enclosures import for_another_process as enclosure
from signatures.lists import reading
from signatures.uploads import why_refused
from signatures.validation import validate_for_another_process

Task = Callable[[bytes, dict[str, Any]], Any]

TASKS: dict[str, Task] = {
    "validate": validate_for_another_process,
    "why_refused": why_refused,
    "enclosure": enclosure,
    "brought": brought,
    "trusted_list": reading.for_another_process,
    "trusted_list_claims": reading.claims_for_another_process,
}
