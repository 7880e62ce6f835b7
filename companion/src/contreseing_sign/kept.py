"""What the program remembers between two signatures: the sites confirmed, the module that reads the card.

One small JSON file in the folder that each system has for it. No code, no PIN, no document is ever kept.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

ALIKE = 0.85  # of 1: two hosts that an eye in a hurry takes for one another


def folder_of(system: str, environment: Mapping[str, str], home: Path) -> Path:
    """Return the folder of this program's memory on ``system`` (as ``sys.platform`` says)."""
    if system == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "contreseing-sign"
    if system == "darwin":
        return home / "Library" / "Application Support" / "contreseing-sign"
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "contreseing-sign"


@dataclass
class Kept:
    """The memory of the program; written back whole, by a file that takes the other's place."""

    file: Path
    sites: list[str] = field(default_factory=list)
    module: str = ""

    @classmethod
    def read(cls, file: Path | None = None) -> Kept:
        """Read the memory; one that cannot be read is an empty one."""
        file = file or folder_of(sys.platform, os.environ, Path.home()) / "known.json"
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls(file)
        if not isinstance(found, dict):
            return cls(file)
        sites, module = found.get("sites"), found.get("module")
        return cls(
            file,
            [site for site in sites if isinstance(site, str)] if isinstance(sites, list) else [],
            module if isinstance(module, str) else "",
        )

    def confirm(self, site: str) -> None:
        """Remember that the person confirmed this site."""
        if site not in self.sites:
            self.sites.append(site)
            self._write()

    def use_module(self, path: str) -> None:
        """Remember the module that found the card."""
        if path != self.module:
            self.module = path
            self._write()

    def looks_like(self, site: str) -> str:
        """Return the confirmed site that ``site`` could be taken for, if it is not one of them."""
        if site in self.sites:
            return ""
        alike = [known for known in self.sites if SequenceMatcher(None, known, site).ratio() >= ALIKE]
        return alike[0] if alike else ""

    def _write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, path = tempfile.mkstemp(dir=self.file.parent, prefix=".known-")
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            json.dump({"sites": self.sites, "module": self.module}, written, ensure_ascii=False, indent=1)
        os.replace(path, self.file)
