"""Rendered parts of pages, kept for seconds: in each process, and in Redis for all where there is one.

Redis only spares work (``REDIS_URL``; without it each process renders for itself): while it is away,
each goes on with its own memory, and nothing is refused nor late for want of it. What it holds is
sealed with a key of ours: whoever writes there puts nothing into a page.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.utils.safestring import SafeString
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
LEFT_ALONE = 5.0  # seconds after a failure during which it is not asked: each question costs its time-out
WAITS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}  # seconds; a part is rendered in fewer
SEAL = hashlib.sha256


class Sealed:
    """How a part is written in Redis: its seal, then its text."""

    def dumps(self, part: str) -> bytes:
        """Return the bytes of a part."""
        text = part.encode()
        return self._seal(text) + text

    def loads(self, data: bytes) -> SafeString | None:
        """Return the part, or None where its seal is not ours."""
        seal, text = data[: SEAL().digest_size], data[SEAL().digest_size :]
        if not hmac.compare_digest(seal, self._seal(text)):
            log.warning("a part of a page in Redis is not sealed by us")
            return None
        return SafeString(text.decode())

    def _seal(self, text: bytes) -> bytes:
        key = SEAL(b"config.parts_cache" + settings.SECRET_KEY.encode()).digest()
        return hmac.digest(key, text, SEAL)


class PartsCache(BaseCache):
    """The memory of the process; behind it Redis, where ``LOCATION`` names one."""

    _asked_again_at = 0.0  # of this process, whichever thread failed

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        memory = {"MAX_ENTRIES": 2000}
        self._memory = LocMemCache("parts", {**params, "OPTIONS": memory})
        options = {**WAITS, "serializer": Sealed}
        self._redis = RedisCache(server, {**params, "OPTIONS": options}) if server else None

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return a part that this process rendered, or another."""
        found = self._memory.get(key, None, version)
        if found is None:
            found = self._ask(lambda redis: redis.get(key, None, version))
        return default if found is None else found

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a part, for this process and for the others."""
        self._memory.set(key, value, timeout, version)
        self._ask(lambda redis: redis.set(key, value, timeout, version))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a part unless this process has it."""
        return bool(self._memory.add(key, value, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget a part; return whether this process had it."""
        self._ask(lambda redis: redis.delete(key, version))
        return bool(self._memory.delete(key, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a part for longer in this process."""
        return bool(self._memory.touch(key, timeout, version))

    def clear(self) -> None:
        """Forget all parts."""
        self._memory.clear()
        self._ask(lambda redis: redis.clear())

    def _ask(self, ask: Callable[[RedisCache], Any]) -> Any:
        """Return what Redis answers; nothing where there is none, or while it is away."""
        if self._redis is None or time.monotonic() < PartsCache._asked_again_at:
            return None
        try:
            return ask(self._redis)
        except (RedisError, OSError) as error:
            PartsCache._asked_again_at = time.monotonic() + LEFT_ALONE
            log.warning("Redis is away, each process renders for itself", error=type(error).__name__)
            return None
