"""What the installation is told: variables, or better the files that ``NAME_FILE`` names.

Container engines hand secrets over as files; a value that cannot be is said aloud.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

EXPOSED = "je sais que tout le monde peut y signer"  # PUBLIC_DEMONSTRATION, in full words


def environment(name: str, default: str | None = None) -> str | None:
    """Return the variable ``name``, or the content of the file that ``name_FILE`` names."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE : {path} est illisible ({error.strerror}).") from error
        except UnicodeDecodeError:  # it quotes what it read, which may be a secret
            raise ImproperlyConfigured(f"{name}_FILE : {path} n’est pas un texte en UTF-8.") from None
    return os.environ.get(name) or default


def flag(name: str, *, default: bool) -> bool:
    """Return the yes/no variable ``name`` (1, true, yes, oui / 0, false, no, non)."""
    value = (environment(name) or ("1" if default else "0")).lower()
    if value not in {"0", "1", "true", "false", "yes", "no", "oui", "non"}:
        raise ImproperlyConfigured(f"{name} vaut « {value} » : écrivez 1 ou 0.")
    return value in {"1", "true", "yes", "oui"}


def number(name: str, *, default: int, most: int) -> int:
    """Return the whole number ``name``, from zero to ``most``."""
    value = environment(name) or str(default)
    if not value.isdecimal() or len(value) > len(str(most)) or int(value) > most:
        raise ImproperlyConfigured(f"{name} vaut « {value} » : écrivez un nombre entier, {most} au plus.")
    return int(value)


def is_this_machine(host: str) -> bool:
    """Whether a host name can only be this machine: localhost, or an address of loopback."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def local_secret(folder: Path) -> str:
    """Return this machine's own secret key, made on first use and kept in the folder, for its owner alone."""
    path = folder / "secret-key"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # written whole beside, then named: of two processes that start at once, neither reads half of it
        descriptor, beside = tempfile.mkstemp(dir=folder, prefix="secret-key-")  # 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):
            os.link(beside, path)
        os.unlink(beside)
    return path.read_text()


def is_exposed(said: str | None) -> bool:
    """Whether the whole sentence was said; raises ImproperlyConfigured for another."""
    if not said:
        return False
    if " ".join(said.split()).lower() != EXPOSED:
        raise ImproperlyConfigured(
            f"PUBLIC_DEMONSTRATION se dit en toutes lettres : « {EXPOSED} », ou ne se dit pas."
        )
    return True
