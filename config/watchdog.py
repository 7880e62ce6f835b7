"""``python -m config.watchdog``: ends what ``./run`` started, once ``./run`` is dead, however it died.

It reads the numbers of its processes, one a line, and « over » when it ended them itself. The end of its
input without that word means that it was killed: nobody else is left to end them, nor to stop the embedded
PostgreSQL, which is no child of anybody's.
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from config.database import is_up, stop_unused

OVER = "over"
MAKERS = ("initdb", "pg_ctl", "postgres")
ENDS_WITHIN = 10.0  # seconds between being asked to end and being killed


def main(state: str) -> int:
    """Watch until the input ends; ``state`` is where the embedded server's data is, empty without one."""
    for deaf in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(deaf, signal.SIG_IGN)
    watched: list[psutil.Process] = []
    for line in sys.stdin:
        if line.strip() == OVER:
            return 0
        with suppress(psutil.NoSuchProcess):  # ended meanwhile
            watched.append(psutil.Process(int(line)))
    end(watched)
    if state:
        stop_server(Path(state))
    return 0


def end(processes: list[psutil.Process]) -> None:
    """End processes and all that they started: asked, then killed."""
    all_of_them = list(processes)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            all_of_them += process.children(recursive=True)
    for process in processes:
        _tell(process, signal.SIGTERM)
    _gone, left = psutil.wait_procs(all_of_them, timeout=ENDS_WITHIN)
    for process in left:
        _tell(process, signal.SIGKILL)


def _tell(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)  # to this very process: its number may have been given again


def stop_server(state: Path) -> None:
    """Stop the embedded server unless somebody else uses it, and what was still starting it."""
    data = state / "postgres"
    deadline = time.monotonic() + ENDS_WITHIN
    while not is_up(data) and any(_is_for(each, str(data), "postgres") for each in psutil.process_iter()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)  # it starts: nobody can ask it to stop before it has
    stop_unused(state)
    if is_up(data):
        return  # another terminal's
    starting = [process for process in psutil.process_iter() if _is_for(process, str(data), *MAKERS)]
    for process in starting:
        _tell(process, signal.SIGINT)  # a server ends in good order
    _gone, left = psutil.wait_procs(starting, timeout=ENDS_WITHIN)
    for process in left:
        _tell(process, signal.SIGKILL)


def _is_for(process: psutil.Process, data: str, *names: str) -> bool:
    try:
        return process.name() in names and data in process.cmdline()
    except psutil.Error:
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
