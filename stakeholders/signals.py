"""News that travel up from this room, sent inside the transaction that makes them true."""

from django.dispatch import Signal

# verb: str, person: User, actor: User | None, mandate: Mandate | None
rights_changed = Signal()
# verb: str, authority: SigningAuthority, actor: User | None
authority_changed = Signal()
# verb: str, absence: Absence, actor: User
absence_changed = Signal()
# verb: str, person: User, actor: User | None, facts: dict, of who somebody is and by what they prove it
account_changed = Signal()

# person: User, mark: str, of a session ended otherwise than by logging out
session_closed = Signal()
# person: User, kept: str, the mark of the only session that lives on, or nothing
sessions_closed = Signal()
