"""The static files as they are collected: compressed once, and again only when they change.

WhiteNoise compresses every file at each collection, 13 of the 17 seconds of processor that
``./run`` took to start on an installation that was up to date.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

try:
    import brotli
except ImportError:  # the locked requirements of an installation have it not; WhiteNoise does without
    brotli = None


class SparingCompressor(Compressor):
    """Leaves what is compressed already; of files that say the same, compresses one.

    Each file is there under its own name and under the one that holds its digest.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._made: dict[tuple[str, bytes], bytes] = {}
        self._making: defaultdict[bytes, threading.Lock] = defaultdict(threading.Lock)

    def compress(self, path: str) -> list[str]:
        """Return the compressed files beside this one, made unless they say what it says."""
        data = Path(path).read_bytes()
        opened: dict[str, Callable[[bytes], bytes]] = {f"{path}.gz": gzip.decompress}
        if self.use_brotli:
            opened[f"{path}.br"] = _brotli_decompress
        if all(_says(kept, opens, data) for kept, opens in opened.items()):
            return sorted(opened)
        digest = hashlib.sha256(data).digest()
        with self._making[digest]:
            made: list[str] = super().compress(path)
        return made

    def compress_brotli(self, data: bytes) -> bytes:
        """Compress, unless the same was before; at 5: 0.2 s for all, where 11 takes 7 for a seventh less."""
        return self._once("br", data, partial(brotli.compress, quality=5))

    def compress_gzip(self, data: bytes) -> bytes:
        """Compress, unless the same was compressed before."""
        return self._once("gz", data, Compressor.compress_gzip)

    def _once(self, how: str, data: bytes, compress: Callable[[bytes], bytes]) -> bytes:
        key = how, hashlib.sha256(data).digest()
        if key not in self._made:
            self._made[key] = compress(data)
        return self._made[key]


def _says(path: str, opens: Callable[[bytes], bytes], data: bytes) -> bool:
    """Whether a compressed file is there, whole, and says this: a collection may have been killed."""
    try:
        return opens(Path(path).read_bytes()) == data
    except (OSError, EOFError, zlib.error):
        return False


def _brotli_decompress(compressed: bytes) -> bytes:
    try:
        opened: bytes = brotli.decompress(compressed)
    except brotli.error as error:
        raise OSError(str(error)) from error
    return opened


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Files named by their digest, each with its compressed copies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of a file, composed once a process: what it says is in its name."""
        if force or name is None or settings.DEBUG:
            return str(super().url(name, force))
        if name not in self._addresses:
            self._addresses[name] = str(super().url(name))
        return self._addresses[name]

    def create_compressor(self, **options: Any) -> Compressor:
        """Return the compressor of one collection."""
        return SparingCompressor(**options)
