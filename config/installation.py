"""A true installation by ``./run`` on one machine: what it is told, what it keeps of that, what it says.

``DEMONSTRATION=0 PUBLIC_URL=… ./run`` and nothing else: its secret and its PostgreSQL are made at the first
start in a folder of its own, never a demonstration's, where anybody has the passwords. Containers
do not come this way: they are told everything (docs/deployment.md).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

from config import premises
from config.attached import ROOT
from config.environment import EXPOSED, is_exposed, is_this_machine

ADDRESS = "public-url"  # in the folder of a true installation, and nowhere else
TRAINING = "training"  # in the folder of a demonstration without its data
NO = frozenset({"0", "false", "no", "non"})
PASSWORD = "demonstration-password"  # noqa: S105 (the file of a demonstration’s, and of nothing else)


def prepare(environment: MutableMapping[str, str]) -> None:
    """Complete what ``./run`` was told; raises Unfit, which says what is missing, one sentence a line."""
    environment.setdefault("DEMONSTRATION", "1")  # said here, and nowhere by default
    state = _state(environment)
    if is_demonstration(environment):
        if (state / ADDRESS).exists():
            raise premises.Unfit(
                f"{state} est celui d’une véritable installation : donnez DEMONSTRATION=0, ou un autre "
                "STATE_DIR pour une démonstration."
            )
        _train(environment, state)
        return
    if (state / PASSWORD).exists():
        raise premises.Unfit(
            f"{state} est celui d’une démonstration, dont tout le monde a les mots de passe : donnez un "
            "autre dossier à STATE_DIR."
        )
    environment["LOCAL_INSTALLATION"] = "1"
    if (state / ADDRESS).exists():
        environment.setdefault("PUBLIC_URL", (state / ADDRESS).read_text(encoding="utf-8").strip())
    if missing := list(_missing(environment)):
        raise premises.Unfit("\n".join(missing))
    keep(state, environment["PUBLIC_URL"])


def is_demonstration(environment: Mapping[str, str]) -> bool:
    """Whether a demonstration is served; ./run serves one unless told otherwise."""
    return (environment.get("DEMONSTRATION") or "1").lower() not in NO


def _train(environment: Mapping[str, str], state: Path) -> None:
    """Keep a demonstration's people out of a folder to train in, and the other way round; raises Unfit."""
    empty = (environment.get("DEMONSTRATION_DATA") or "1").lower() in NO
    if empty and (state / PASSWORD).exists():
        raise premises.Unfit(
            f"{state} contient les données de la démonstration : donnez un autre dossier à STATE_DIR."
        )
    if not empty and (state / TRAINING).is_file():
        raise premises.Unfit(
            f"{state} sert à se former, sans les données de la démonstration : donnez DEMONSTRATION_DATA=0, "
            "ou un autre dossier à STATE_DIR."
        )
    if empty:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / TRAINING).touch()


def mails_of_training(environment: Mapping[str, str]) -> str:
    """Return the folder where the mails of people who train are to be read, nothing where they leave."""
    state = _state(environment)
    told = environment.get("EMAIL_URL") or environment.get("EMAIL_URL_FILE")
    return "" if told or not (state / TRAINING).is_file() else str(state / "mail")


def keep(state: Path, address: str) -> None:
    """Keep the address, so that the next start and the commands need not be told it again."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (state / ADDRESS).write_text(f"{address.rstrip('/')}\n", encoding="utf-8")


def authorities(environment: Mapping[str, str], port: int) -> tuple[str, str, int]:
    """Return where the demonstration's authorities serve, beside pages on ``port``: address, host and port.

    Unless PKI_URL says it, where they did: their certificates name that place. Raises Unfit.
    """
    made_for = _state(environment) / "pki" / "base-url"
    before = made_for.read_text(encoding="utf-8") if made_for.is_file() else ""
    address = environment.get("PKI_URL") or before or f"http://127.0.0.1:{port + 1}"
    try:
        parts = urlsplit(address)
        host, theirs = parts.hostname or "", parts.port or 80
    except ValueError:
        host, theirs = "", 0
    if not host:
        raise premises.Unfit("PKI_URL doit avoir la forme http://hôte:port.")
    if is_demonstration(environment) and theirs == port:
        raise premises.Unfit(
            f"Le port {port} est celui des autorités de cette démonstration ({address}) : choisissez-en un "
            "autre avec PORT."
        )
    return address, host, theirs


def password(environment: Mapping[str, str]) -> str:
    """Return the password of a demonstration's accounts; raises Unfit where there is none."""
    path = _state(environment) / PASSWORD
    if not path.is_file():
        raise premises.Unfit(
            f"{path} n’existe pas : donnez à STATE_DIR le dossier de la démonstration qui est servie là."
        )
    return path.read_text()


def _state(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("STATE_DIR") or ROOT / "var")


def _missing(environment: Mapping[str, str]) -> list[str]:
    said = []
    try:
        address = urlsplit(environment.get("PUBLIC_URL") or "")
    except ValueError:
        address = urlsplit("")
    if not environment.get("PUBLIC_URL"):
        said.append(
            "PUBLIC_URL manque : donnez l’adresse que les gens ouvriront, comme https://contreseing.exemple.fr."
        )
    elif address.scheme not in {"http", "https"} or not address.hostname:
        said.append(
            f"PUBLIC_URL vaut « {environment['PUBLIC_URL']} » : écrivez une adresse entière, comme "
            "https://contreseing.exemple.fr."
        )
    elif address.scheme == "http" and not is_this_machine(address.hostname):
        said.append(
            "PUBLIC_URL est en http : hors de cette machine, il faut https, rendu par un mandataire (Caddy, "
            "nginx) devant ce serveur."
        )
    for name in ("SECRET_KEY", "DATABASE_URL", "EMAIL_URL"):
        if (path := environment.get(f"{name}_FILE")) and not os.access(path, os.R_OK):
            said.append(f"{name}_FILE : {path} est illisible.")
    return said


def notes(environment: Mapping[str, str]) -> list[str]:
    """Say what such an installation is not, and what to do about it; one sentence a line."""
    said = []
    if not (environment.get("DATABASE_URL") or environment.get("DATABASE_URL_FILE")):
        said.append(
            "La base est le PostgreSQL embarqué, sur cette seule machine : pour un serveur, sauvegardez "
            "(./run manage backup DOSSIER), donnez DATABASE_URL et DATABASE_OWNER_URL, puis restaurez (./run "
            "manage restore)."
        )
    if not (environment.get("EMAIL_URL") or environment.get("EMAIL_URL_FILE")):
        said.append(
            "EMAIL_URL n’est pas donné : les invitations partent par le serveur de courriel de cette machine "
            "(localhost:25)."
        )
    if not environment.get("TIMESTAMP_URLS"):
        said.append(
            "TIMESTAMP_URLS n’est pas donné : aucune autorité ne date le journal, ni ce qui sera signé."
        )
    return said


def refuse_exposed(environment: Mapping[str, str], host: str) -> None:
    """Raise Unfit where a demonstration would listen beyond this machine, unless told in full words."""
    if not is_demonstration(environment) or is_exposed(environment.get("PUBLIC_DEMONSTRATION")):
        return
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = is_this_machine(host)
    if not here:
        raise premises.Unfit(
            f"Une démonstration ne sert que cette machine, et HOST vaut « {host} » : tout le monde peut y "
            f"signer. "
            f'Retirez HOST, ou écrivez en toutes lettres PUBLIC_DEMONSTRATION="{EXPOSED}".'
        )
