"""A file from anywhere is read in a process of its own, which has limits and nothing to lose.

``run`` hands a file to one of ``tasks.TASKS``. A resident process (``zygote``), started on the
first call without secrets, sockets or database, has loaded the parsers and forks one child a
file, so that a call costs some milliseconds more than its work. Each child has 512 MB of
address space, 8 s of processor and 45 s by the clock, writes no file and dumps no core;
what it dies of is told apart from what it answers.
"""

from signatures.limited.client import Exhausted, NotAFile, Unavailable, last_usage, run
from signatures.limited.limits import MAX_BYTES, MAX_CPU_SECONDS, MAX_MEMORY, MAX_SECONDS

__all__ = [
    "MAX_BYTES",
    "MAX_CPU_SECONDS",
    "MAX_MEMORY",
    "MAX_SECONDS",
    "Exhausted",
    "NotAFile",
    "Unavailable",
    "last_usage",
    "run",
]
