"""How much of this process one request, one connection or all of them together may take.

The figures are for one server process on two cores; docs/deployment.md adds them up against
PostgreSQL's connections. A route takes no more than what its form needs.
"""

from __future__ import annotations

import os
import re

KIB, MIB = 1024, 1024 * 1024
# Processes of pages beside this one, itself counted (config/serve.py says it to each): what the machine
# or PostgreSQL holds once is shared out among them.
PROCESSES = max(1, int(os.environ.get("WEB_PROCESSES_BESIDE") or 1))


def share(whole: int, least: int = 1) -> int:
    """Return what one process may take of what all may."""
    return max(least, whole // PROCESSES)


# --- Bodies -------------------------------------------------------------------------------
STRANGER = 16 * KIB  # without an open session: who one is, a code, « ce n’est pas moi »
SMALL = 256 * KIB  # a reason of 20,000 characters, nine bytes each at worst once encoded
LONG = MIB  # a volet or an engagement: several long texts
UPLOAD = 11 * MIB  # an act of 10 MiB and the other fields of its form
_ROUTES = (
    (re.compile(r"^/contrats/\d+/redaction/annexes/(ajout|\d+)/$"), UPLOAD, True),
    (re.compile(r"^/contrats/\d+/redaction/import/$"), UPLOAD, True),
    (re.compile(r"^/contrats/\d+/redaction/"), LONG, False),
    (re.compile(r"^/contrats/\d+/taches/\d+/$"), UPLOAD, True),  # a contribution to the diagnostic
    (re.compile(r"^/contrats/\d+/taches/\d+/depot/$"), 51 * MIB, True),  # the contract, signed elsewhere
    (re.compile(r"^/administration/"), LONG, False),
    (re.compile(r"^/organisations/\d+/"), UPLOAD, True),
    (re.compile(r"^/contrats/(\d+/)?ouverture/(initiative/)?$"), UPLOAD, True),
    (re.compile(r"^/plateforme/import/$"), 3 * MIB, True),
    (re.compile(r"^/plateforme/import/confirmation/$"), LONG, False),
    (re.compile(r"^/compte/"), 64 * KIB, False),
    (re.compile(r"^/verifier/$"), 31 * MIB, True),
    (re.compile(r"^/verifier/rapport/$"), LONG, False),
)
OPEN_TO_ALL = re.compile(r"^/verifier/(rapport/)?$")  # these bodies are taken without an open session
BODY_GRACE = 10.0  # seconds in which any body may arrive
BODY_RATE = 32 * KIB  # bytes a second that a larger one must keep up on average
BODY_LONGEST = 300.0  # seconds, whatever the rate
LARGE_AT_ONCE = share(30)  # bodies above STRANGER that are received at one time, in the temporary folder
UPLOADS_AT_ONCE = share(6)  # and above LONG
STRANGERS_AT_ONCE = share(12)  # and for the pages open to all, beside those two: 31 MB each on disk at most
STRANGERS_EACH = share(4)  # of which one address, or one network of IPv6
# seconds and bytes a second that a stranger's body keeps up while somebody awaits its place, less than
# IN_LINE_FOR: a slow one gives way
WAITED_GRACE = 4.0
WAITED_RATE = 256 * KIB
LOOKED_AT = 1.0  # seconds between two looks at whether it is in time
REFUSED_DRAIN = 1.0  # seconds during which what a refused sender still sends is read and thrown away

# --- Connections ----------------------------------------------------------------------------
HEADERS_WITHIN = 10.0  # seconds from the first byte awaited to the last header
HEADERS_AT_MOST = 32 * KIB  # bytes
FRAMING_AT_MOST = 8 * KIB  # bytes of a request after its headers that are no content: sizes, trailers
CONTENT_TO_FRAMING = 16  # bytes of a body in pieces that pay for one more around them
PIPELINED = 32  # requests that one connection sends before it has the answer to the first
WRITES_WITHIN = 20.0  # seconds without one byte taken by the reader
CONNECTIONS = 2000  # of one process, websockets included

# --- Work -----------------------------------------------------------------------------------
# Requests that a process works on at one time. Beyond four processes they are fewer in each: a process
# takes IN_HAND + 6 of the DATABASE_CONNECTIONS that the pages may (docs/deployment.md).
DATABASE_CONNECTIONS = 64
IN_HAND = min(10, share(DATABASE_CONNECTIONS, least=8) - 6)
IN_LINE = 300  # that wait their turn
IN_LINE_FOR = 8.0  # seconds at most
RETRY_AFTER = 5  # seconds, said to whoever is refused
POOL = IN_HAND + 4  # connections to PostgreSQL: the requests, the websockets' thread, what is in passing
POOL_WAIT = 5.0  # seconds

# --- Websockets -------------------------------------------------------------------------------
FRAME = KIB  # bytes: pages only listen
PING_EVERY = 20.0  # seconds
ANSWERS_WITHIN = 20.0  # seconds that an answer to a ping is awaited
SPOKEN = 8 * KIB  # bytes that a page sends between two answers to our pings, whatever its frames


def route(path: str, content_type: str) -> int:
    """Return how many bytes the path takes; files only come as ``multipart/form-data``."""
    multipart = content_type.lower().startswith("multipart/form-data")
    for pattern, size, files in _ROUTES:
        if pattern.match(path) and (multipart or not files):
            return size
    return SMALL
