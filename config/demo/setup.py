"""Fill a demonstration: authorities and certificates, both contracts, passwords, Clairval's circuit."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from rich.console import Console
from rich.table import Table

from contracts import demo
from signatures import blobs
from signatures.demo import pki
from stakeholders.models import Mandate, Role, User
from workflow.engine.models import Circuit
from workflow.procedures.opening import start_circuit
from workflow.signing import specimens

PLAYED = "csi-clairval-2026"
EMPTY_HANDED = "gaspard.mirevault@montbrac.example"  # pilots for a city that has no contract
ADMINISTRATOR = "administration@contreseing.example"


def password() -> str:
    """Return the demonstration's one password, drawn at set-up and kept outside the repository."""
    path = Path(settings.STATE_DIR) / "demonstration-password"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write("-".join(secrets.token_hex(2) for _part in range(4)))
    return path.read_text()


def prepare() -> None:
    """Set everything up and print who can log in; what exists is left as it is."""
    pki.ensure()
    loaded = demo.load(demo.read(), blobs.put)
    elsewhere = demo.load(demo.read(demo.ELSEWHERE))
    secret = password()
    _give_password(secret, [*loaded.people.values(), *elsewhere.people.values(), _administrator()])
    contract = loaded.contracts[PLAYED]
    for signatory in contract.signatories.select_related("office__organisation"):
        if holder := signatory.office.holder():
            specimens.issue(holder, signatory.capacity, signatory.office.organisation)
        for authority in signatory.office.authorities.select_related("delegate__person", "delegate__office"):
            named = authority.delegate
            specimens.issue(named.person, named.office.title, signatory.office.organisation)
    for head in Mandate.objects.filter(person__in=elsewhere.people.values(), office__role=Role.HEAD):
        specimens.issue(head.person, head.office.title, head.office.organisation)
    if not Circuit.objects.filter(contract=contract).exists():
        start_circuit(contract)
    _print(secret)


def _give_password(secret: str, everybody: list[User]) -> None:
    """Give each the one password, hashed once: it is printed, and a hash takes a twentieth of a second."""
    known: dict[str, bool] = {}
    for user in everybody:
        if user.password not in known:
            known[user.password] = user.check_password(secret)
    made = next((kept for kept, right in known.items() if right), "") or make_password(secret)
    for user in everybody:
        if not known.get(user.password, False):
            user.password = made
            user.save(update_fields=["password"])


def prepare_training() -> None:
    """Make the authorities, and a key for whoever may sign by office; the first administrator has the code.

    Those who come later get theirs from the worker (:mod:`workflow.signing.specimens`). No data, no account,
    no password is made.
    """
    pki.ensure()
    signing = Mandate.objects.in_force().filter(office__role__in=specimens.SIGNING, limited_type=None)
    for mandate in signing.select_related("person", "office__organisation"):
        specimens.issue(mandate.person, mandate.office.title, mandate.office.organisation)
    call_command("first_code", "--if-awaited")


def _administrator() -> User:
    found = User.objects.filter(email=ADMINISTRATOR).first()
    return found or User.objects.create_superuser(
        ADMINISTRATOR, first_name="Plateforme", last_name="Administration"
    )


def _print(secret: str) -> None:
    table = Table(title="Comptes de démonstration")
    for heading in ("Rôle", "Personne", "Fonction"):
        table.add_column(heading, overflow="fold")
    table.add_column("Adresse de connexion", no_wrap=True)  # it is copied from here
    mandates = Mandate.objects.in_force().select_related("person", "office__organisation")
    for mandate in mandates.order_by("office__organisation__pk", "pk"):
        office = mandate.office
        role = str(Role(office.role).label)
        table.add_row(
            role,
            str(mandate.person),
            f"{office.title} ({office.organisation.short_name})",
            mandate.person.email,
        )
    table.add_row("Plateforme", "Administration", "Comptes et mandats, aucun contrat", ADMINISTRATOR)
    console = Console()
    if not console.is_terminal:  # a log has no width: nothing needs to be folded to 80 columns
        console = Console(width=140)
    console.print(table)
    console.print(
        f"Pour ouvrir un premier contrat, pilote d’un autre département : [bold]{EMPTY_HANDED}[/bold]",
        highlight=False,
    )
    console.print(f"Mot de passe de tous les comptes : [bold]{secret}[/bold]", highlight=False)
