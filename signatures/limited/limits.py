"""What a process that reads a stranger's file may use."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

MAX_BYTES = 50 * 1024 * 1024
# Address space bounds what is resident. Python, Django's translations and pyHanko take 85 MB
# of it before any file (measured on Debian 12, Python 3.11); the rest is the file's.
MAX_MEMORY = 512 * 1024 * 1024
MAX_CPU_SECONDS = 8
MAX_SECONDS = 45.0  # by the clock: a busy machine is not the file's fault
MAX_DESCRIPTORS = 24
MAX_ANSWER = 6 * 1024 * 1024  # a picture that became a PDF comes back in it
OUT_OF_MEMORY = 3  # how a child ends when Python itself could not have more

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 1, 38, 4
_libc = ctypes.CDLL(None, use_errno=True)


def confine(parent: int) -> None:
    """Bind this process, for good, and have it die with ``parent``, the process that forked it.

    The clock is a timer of the kernel's whose signal kills: nobody needs to watch.
    """
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)
    # the first second too many is told by a signal that has a name, the next one just kills;
    # whoever left the resident process fewer seconds left them to its children
    seconds, most = (
        ours if given == resource.RLIM_INFINITY else min(given, ours)
        for given, ours in zip(
            resource.getrlimit(resource.RLIMIT_CPU), (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1), strict=True
        )
    )
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, min(most, seconds + 1)))
    limits = {
        resource.RLIMIT_AS: MAX_MEMORY,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: MAX_DESCRIPTORS,
        resource.RLIMIT_NPROC: 0,
    }
    for which, most in limits.items():
        resource.setrlimit(which, (most, most))
