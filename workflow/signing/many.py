"""Several contracts signed in one go: what is ready, what each owes to be read, one proof for the lot.

Each is still an act of its own, in its transaction: one that fails does not stop the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from contracts.models import Contract, Signatory
from signatures import confirmations
from signatures.models import EnrolledKey, SignatureRequest
from stakeholders.models import User
from stakeholders.proofs import Proof
from workflow.engine import purposes
from workflow.engine.tasks import Task
from workflow.opinions.last import silences_read
from workflow.opinions.models import Silence
from workflow.proofs.rules import why_not_this_proof
from workflow.record.refusals import ActRefused
from workflow.signing import acts, holders, levels, rules
from workflow.signing.models import SigningAct
from workflow.tasks.access import OpenTask, task_for

SHA256 = re.compile(r"[0-9a-f]{64}")
MOST = 30  # contracts to one lot


@dataclass(frozen=True)
class Ready:
    """A contract that waits for one's signature: its document as it is now, and what stands in the way."""

    contract: Contract
    task: Task
    signatory: Signatory
    document_sha256: str
    obstacle: str
    too_low: list[tuple[EnrolledKey, str]]  # those of one's means that are not enough here, and why
    silences: list[Silence]  # who gave no opinion by the term, where that counted

    @property
    def mark(self) -> str:
        """Return what names it in a form: its contract, its task, the document that was shown."""
        return f"{self.contract.pk}-{self.task.pk}-{self.document_sha256}"


def ready(found: Sequence[Task], held: Sequence[EnrolledKey] = ()) -> list[Ready]:
    """Return the signatures among these tasks, in their order, with what is said of each of these keys.

    What is said of the keys and of the silences asks the database nothing more.
    """
    mine = [task for task in found if task.flow_task.purpose == purposes.SIGN][:MOST]
    contracts = [task.process.circuit.contract for task in mine]
    rules.ask_ahead(contracts)
    rows = [_row(task, contract, held) for task, contract in zip(mine, contracts, strict=True)]
    return [row for row in rows if row is not None]


def _row(task: Task, contract: Contract, held: Sequence[EnrolledKey]) -> Ready | None:
    version = contract.latest_version
    signing = rules.round_of(version) if version else None
    if version is None or signing is None:
        return None
    signatory: Signatory = task.seed
    obstacle = rules.why_not_sign(signatory, version)
    if not obstacle and holders.difference_at(signatory, version):
        obstacle = _("Un titulaire a changé depuis le texte : signez ce contrat depuis sa page.")
    envelope = signing.envelope
    why = [(key, levels.why_too_low(key, signatory, specimen=envelope.specimen)) for key in held]
    too_low = [(key, said) for key, said in why if said]
    silences = silences_read(version)
    return Ready(contract, task, signatory, envelope.current_sha256, obstacle, too_low, silences)


def chosen(user: User, marks: Sequence[str]) -> list[tuple[OpenTask, str]]:
    """Return what the forms name, each fetched with its authorisation, and the document that was shown.

    Http404 for anything that is not the person's to sign now.
    """
    if not marks or len(marks) > MOST:
        raise Http404
    found = []
    for mark in dict.fromkeys(marks):
        contract, _dash, rest = mark.partition("-")
        task, _dash, document = rest.partition("-")
        numbers = contract.isascii() and contract.isdecimal() and task.isascii() and task.isdecimal()
        if not numbers or not SHA256.fullmatch(document):
            raise Http404
        met = task_for(user, int(contract[:18]), int(task[:18]))
        if met.purpose != purposes.SIGN or not met.is_open:
            raise Http404
        found.append((met, document))
    return found


def lot_of(lot: Sequence[tuple[OpenTask, str]]) -> str:
    """Return the one hash that a proof for this lot is bound to."""
    return confirmations.lot_of(document for _met, document in lot)


def mark_of_reading(user: User, lot: Sequence[tuple[OpenTask, str]]) -> str:
    """Return what shows that this person said of each of these documents that they read it.

    The page where they say it gives it: an address that somebody else made up has none.
    """
    named = ",".join(sorted(f"{met.task.pk}-{document}" for met, document in lot))
    return salted_hmac("workflow.signing.many", f"{user.pk}:{named}", algorithm="sha256").hexdigest()


def sign(
    user: User,
    lot: Sequence[tuple[OpenTask, str]],
    *,
    key: EnrolledKey,
    proof: Proof | None = None,
    tokens: dict[str, str] | None = None,
) -> dict[int, str]:
    """Ask for each signature of the lot; return, by task, why one could not be."""
    failures: dict[int, str] = {}
    for met, document in lot:
        obstacle = why_not_this_proof(met.task.seed.office.organisation, proof) if proof else ""
        if obstacle:
            failures[met.task.pk] = obstacle
            continue
        try:
            acts.sign(
                user,
                met.task.pk,
                confirmation=(tokens or {}).get(document, ""),
                document_sha256=document,
                key_id=str(key.pk),
            )
        except ActRefused as error:
            failures[met.task.pk] = error.message
    return failures


def asked(user: User, tasks: Sequence[str]) -> list[SigningAct]:
    """Return the signatures that this person asked for by these tasks."""
    numbers = [int(one[:18]) for one in tasks[:MOST] if one.isascii() and one.isdecimal()]
    rows = SigningAct.objects.filter(task__in=numbers, author=user)
    return list(
        rows.select_related("request__key", "request__slot__envelope", "version__contract").order_by("pk")
    )


def awaited(found: Sequence[SigningAct]) -> list[SignatureRequest]:
    """Return the requests among these that wait for one remote key, to be authorised together."""
    waiting = [act.request for act in found if act.request.is_awaited and act.request.backend == "csc"]
    return [one for one in waiting if one.key_id == waiting[0].key_id]
