"""What a set holds, written and checked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

DUMP, BLOBS, ANCHORS = "database.dump", "blobs", "anchors"
SUMS, MANIFEST = "SHA256SUMS", "manifest.json"
FORMAT = 1


class SetUnfit(Exception):
    """This folder is no whole set; the message says what it lacks."""


@dataclass
class Manifest:
    """What a set says of itself.

    ``made_at`` is ISO 8601 in UTC; ``journal`` the number of the last entry and its hash;
    ``migrations`` those applied, as « room.name »; ``faults`` what was already wrong with the
    installation when it was saved, in sentences; ``sums`` the SHA-256 of ``SHA256SUMS``.
    """

    made_at: str
    journal: tuple[int, str]
    documents: int
    migrations: list[str]
    faults: list[str] = field(default_factory=list)
    sums: str = ""
    format: int = FORMAT


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    """Write the sums of what the folder holds, then the manifest: after that, it is whole."""
    lines = [f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    _put(folder / SUMS, "".join(lines))
    manifest.sums = digest(folder / SUMS)
    _put(folder / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n")


def read(folder: Path) -> Manifest:
    """Return the manifest of a whole set: every file is there, unchanged. Raises SetUnfit."""
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SetUnfit(
            f"{folder} n’est pas une sauvegarde entière : {MANIFEST}, écrit en dernier, n’y est pas."
        ) from None
    except (OSError, ValueError) as error:
        raise SetUnfit(f"{folder / MANIFEST} est illisible ({error}).") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT or not _says_all(facts):
        raise SetUnfit(f"{folder / MANIFEST} n’est pas d’un format que cette version sait lire.")
    manifest = Manifest(**{**facts, "journal": tuple(facts["journal"])})
    for name in _unlike(folder, manifest.sums):
        raise SetUnfit(f"La sauvegarde {folder} est incomplète ou altérée : {name}.")
    return manifest


def _says_all(facts: dict[str, Any]) -> bool:
    """Whether a manifest says what one does, each of its kind."""
    kinds = {
        "made_at": str,
        "documents": int,
        "journal": list,
        "migrations": list,
        "faults": list,
        "sums": str,
    }
    if facts.keys() != {*kinds, "format"} or not all(isinstance(facts[each], kinds[each]) for each in kinds):
        return False
    texts = [*facts["migrations"], *facts["faults"]]
    return [type(each) for each in facts["journal"]] == [int, str] and all(isinstance(x, str) for x in texts)


def _unlike(folder: Path, sums: str) -> Iterator[str]:
    """Yield the name of each file that is missing or not what it was, the list of them included."""
    if not (folder / SUMS).is_file() or digest(folder / SUMS) != sums:
        yield SUMS
        return
    names = []
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        known, name = line.split("  ", 1)
        names.append(name)
        path = folder / name
        if not path.is_file() or digest(path) != known:
            yield name
    if DUMP not in names:
        yield DUMP


def copy(source: Path, target: Path) -> None:
    """Copy a file durably, all or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".new-{target.name}")
    try:
        shutil.copyfile(source, aside)
        shutil.copymode(source, aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _put(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
