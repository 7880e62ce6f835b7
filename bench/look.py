"""``python -m bench.look URL PID``: look at ``/sante/`` and at a process's memory until the input closes.

Apart from whoever attacks, so that what is measured is the site. Prints JSON: seconds of each
look, how many were refused, the memory's peak in MB.
"""

from __future__ import annotations

import json
import select
import sys
import time

import httpx
import psutil

CALM = 0.05  # seconds between two looks
PATIENCE = 30.0  # seconds


def main(url: str, pid: int) -> None:
    """Look, then tell."""
    process, health, refused, peak = psutil.Process(pid), [], 0, 0.0
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        print(flush=True)
        while not select.select([sys.stdin], [], [], CALM)[0]:
            began = time.perf_counter()
            try:
                refused += client.get(f"{url}/sante/").status_code != 200
            except httpx.HTTPError:
                refused += 1
            health.append(time.perf_counter() - began)
            peak = max(peak, process.memory_info().rss / 1e6)
    print(json.dumps({"health": health, "refused": refused, "peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
