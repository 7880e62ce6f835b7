"""How a test comes to hold a key of each means: a line for each, so that one suite runs against all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from signatures import keys
from signatures.backends.demo import demo
from signatures.models import EnrolledKey


def _with_a_card(user: Any) -> EnrolledKey:
    """Return a key that is in the person's card: its certificate is all that is known of it here."""
    return keys.enrol(user, "card", demo().held_by(user), names=[])


HOLDERS: dict[str, Callable[[Any], EnrolledKey]] = {
    "card": _with_a_card,
    "demo": keys.enrol_specimen,
    "upload": lambda person: keys.enrol(person, "upload", demo().held_by(person)),
    "csc": lambda person: keys.enrol(person, "csc", demo().held_by(person)),
}
# an organisation's, for its seal: none of a person's (tests/signatures/test_seals.py)
OF_NOBODY = {"pkcs11"}
