"""The cache that server processes share, and what is done while it does not answer: nobody notices.

What is kept there are counts: failed log-ins, codes asked for. Each process keeps its own beside
Redis's, so that they go on from where they were when it goes away; they are then counted in each
process, as without Redis. Nothing is refused, and nothing fails, for want of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
LEFT_ALONE = 5.0  # seconds after a failure during which it is not asked: each question costs its time-out
WAITS = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0}  # seconds


class SharedCache(BaseCache):
    """Django's Redis cache, with one in memory beside it that takes over."""

    _asked_again_at = 0.0  # of this process, whichever thread failed

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {**WAITS, **params.get("OPTIONS", {})}
        self._redis = RedisCache(server, {**params, "OPTIONS": options})
        self._memory = LocMemCache("beside-redis", {**params, "OPTIONS": {}})

    def _ask(self, ask: Callable[[BaseCache], Any]) -> tuple[bool, Any]:
        """Return whether Redis answered, and what."""
        if time.monotonic() < SharedCache._asked_again_at:
            return False, None
        try:
            return True, ask(self._redis)
        except (RedisError, OSError) as error:
            SharedCache._asked_again_at = time.monotonic() + LEFT_ALONE
            log.warning("shared cache away, counting in this process", error=type(error).__name__)
            return False, None

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        answered, added = self._ask(lambda cache: cache.add(key, value, timeout, version))
        if answered:
            if added:
                self._memory.set(key, value, timeout, version)
            return bool(added)
        return bool(self._memory.add(key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        answered, found = self._ask(lambda cache: cache.get(key, default, version))
        return found if answered else self._memory.get(key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._memory.set(key, value, timeout, version)
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        kept = self._memory.touch(key, timeout, version)
        answered, touched = self._ask(lambda cache: cache.touch(key, timeout, version))
        return bool(touched if answered else kept)

    def delete(self, key: str, version: int | None = None) -> bool:
        gone = self._memory.delete(key, version)
        answered, deleted = self._ask(lambda cache: cache.delete(key, version))
        return bool(deleted if answered else gone)

    def clear(self) -> None:
        self._memory.clear()
        self._ask(lambda cache: cache.clear())
