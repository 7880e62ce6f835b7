"""News that travel up from this room, sent inside the transaction that makes them true."""

from django.dispatch import Signal

# verb: str, person: User, actor: User | None, mandate: Mandate | None
rights_changed = Signal()
# verb: str, authority: SigningAuthority, actor: User | None
authority_changed = Signal()
# verb: str, absence: Absence, actor: User
absence_changed = Signal()

# person: User, session_key: str, of a session ended otherwise than by logging out
session_closed = Signal()
