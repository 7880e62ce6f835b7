"""The evidence of a contract whose proof was renewed, and of one that somebody signed in another's place."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from signatures import blobs, pades, signals
from signatures.models import Envelope, Renewal
from stakeholders.models import AuthorityKind, SigningAuthority
from tests import plot
from tests.cast import Cast
from tests.owner import untied
from tests.stage import run_jobs
from tests.workflow.evidence.checking import check, scene, source, unpack
from workflow.evidence.contents import gather
from workflow.evidence.making import make, path_of
from workflow.evidence.models import Scope
from workflow.signing.models import SigningAct


def test_a_renewed_proof_is_verified_to_its_last_time_stamp(cast: Cast, tmp_path: Path) -> None:
    contract = scene(cast)
    envelope = plot.envelope(contract)
    renewed = blobs.put(asyncio.run(pades.renew(blobs.get(envelope.sealed_sha256))))
    until = timezone.now() + dt.timedelta(days=4000)
    with transaction.atomic():  # as signatures.renewals does, six months before the end
        renewal = Renewal.objects.create(
            envelope=envelope,
            document_sha256=renewed,
            replaced_sha256=envelope.sealed_sha256,
            proven_until=until,
        )
        Envelope.objects.filter(pk=envelope.pk).update(sealed_sha256=renewed, proven_until=until)
        signals.archive_renewed.send(Envelope, renewal=renewal)
    run_jobs()
    written, _token = make(source(contract), Scope.WHOLE, None)
    folder = unpack(path_of(contract.pk, Scope.WHOLE, written.sha256), tmp_path / "dossier")
    status, said = check(folder)
    assert (status, said.splitlines()[-1]) == (0, "TOUT EST VÉRIFIÉ"), said
    assert said.count("Fichier horodaté : ") == 2
    assert said.count("Écriture ") >= 2, "the entry of the seal and that of the renewal"


def test_the_act_of_the_register_by_which_somebody_signed_is_held(cast: Cast) -> None:
    contract = scene(cast)
    authority = SigningAuthority.objects.exclude(kind=AuthorityKind.REPRESENTATION_ONLY)[0]
    act = SigningAct.objects.order_by("pk")[0]
    with untied():
        SigningAuthority.objects.filter(pk=authority.pk).update(
            document_sha256=blobs.put(b"%PDF-1.7 an order")
        )
        SigningAct.objects.filter(pk=act.pk).update(authority=authority, basis=authority.kind)
    found = gather(source(contract), Scope.OPEN)
    parts = {part.path: part for part in found.parts}
    assert parts[f"habilitations/acte-{authority.pk}.pdf"].read() == b"%PDF-1.7 an order"
    [told] = json.loads(parts["faits/habilitations.json"].read())
    assert told["acte"] == authority.act
    with untied():
        SigningAuthority.objects.filter(pk=authority.pk).update(document_sha256="")
    found = gather(source(contract), Scope.OPEN)
    assert any("sans fichier" in one["motif"] for one in found.left_out)
