"""An office changes hands after the approval: everybody is told, and nobody signs before a pilot said why."""

from __future__ import annotations

import subprocess

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Signatory
from signatures import blobs
from signatures.models import SignatureRequest
from stakeholders.actions import appoint, withdraw_mandate
from stakeholders.models import User
from tests import plot
from tests.cast import PASSWORD, Cast
from tests.stage import Signer, certify, run_jobs
from workflow.procedures import recall
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed
from workflow.signing import acts, holder_acts, rules
from workflow.signing.models import AcceptedHolder

REASON = "Décret du 20 novembre : même politique, même texte."


def succeeded(cast: Cast, contract: Contract, last_name: str = "Sorel-Bàrc") -> tuple[User, Signatory]:
    """End the prefect's mandate and give her office to another today."""
    mandate = cast.prefete.mandates.select_related("office__organisation").get()
    withdraw_mandate(mandate, actor=cast.admin)
    email = f"{last_name[:5].lower()}@orme.example"
    successor = User.objects.create_user(
        email, PASSWORD, civility="M.", first_name="Alain", last_name=last_name
    )
    appoint(successor, mandate.office, starts_on=timezone.localdate(), actor=cast.admin)
    place = contract.signatories.get(office=mandate.office)
    certify([Signer(email, str(successor), mandate.office.organisation.name, place.capacity, "p256")])
    return successor, place


def accept(cast: Cast, contract: Contract, place: Signatory, holder: User | None) -> None:
    holder_acts.accept_holder(
        cast.pilote_ville,
        contract.pk,
        signatory_id=place.pk,
        holder=str(holder) if holder else "",
        reason=REASON,
    )


def test_nobody_signs_under_a_former_holder_s_name_before_a_pilot_accepted_it(
    cast: Cast, client: Client
) -> None:
    contract = plot.at_signing(cast)
    successor, place = succeeded(cast, contract)
    waiting = plot.task(contract, "sign")
    for reader, may_accept in (
        (cast.pilote_ville, True),
        (cast.pilote_prefecture, True),
        (cast.maire, False),
    ):
        client.force_login(reader)
        page = client.get(reverse("contract", args=[contract.pk])).content.decode()
        assert str(cast.prefete) in page and str(successor) in page, reader
        assert ("Accepter la différence" in page) is may_accept
    client.force_login(successor)
    page = client.get(reverse("task", args=[contract.pk, waiting.pk])).content.decode()
    assert "titulaire désormais" in page and str(cast.prefete) in page
    assert 'name="password"' not in page, "nothing to confirm"
    with pytest.raises(Locked, match="titulaire désormais"):
        acts.sign(successor, waiting.pk, **plot.confirm(successor, contract))
    accept(cast, contract, place, successor)
    page = client.get(reverse("task", args=[contract.pk, waiting.pk])).content.decode()
    assert REASON in page
    acts.sign(successor, waiting.pk, **plot.confirm(successor, contract))
    run_jobs()
    request = SignatureRequest.objects.get()
    assert request.state == SignatureRequest.State.DONE
    run = ["pdftotext", "-", "-"]
    shown = subprocess.run(run, input=blobs.get(request.final_sha256), capture_output=True, check=True).stdout
    stamp = " ".join(shown.decode().rpartition("Signé électroniquement par")[2].split())
    assert REASON in stamp and f"Le contrat nomme {cast.prefete}" in stamp
    entry = JournalEntry.objects.get(contract=contract, verb="holder_accepted")
    assert entry.payload["reason"] == REASON
    assert Event.objects.filter(contract=contract, kind="holder_accepted").exists()


def test_the_acceptance_counts_for_the_holder_that_the_page_showed(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    first, place = succeeded(cast, contract)
    mandate = first.mandates.get()
    withdraw_mandate(mandate, actor=cast.admin)
    second = User.objects.create_user("autre@orme.example", PASSWORD, first_name="Ève", last_name="Autre")
    appoint(second, mandate.office, starts_on=timezone.localdate(), actor=cast.admin)
    with pytest.raises(Locked, match="Autre"):
        accept(cast, contract, place, first)
    accept(cast, contract, place, second)
    with pytest.raises(Locked, match="déjà acceptée"):
        accept(cast, contract, place, second)
    withdraw_mandate(second.mandates.get(), actor=cast.admin)
    assert "n’a plus de titulaire" in rules.why_not_sign(place, plot.version(contract))
    accept(cast, contract, place, None)
    assert rules.why_not_sign(place, plot.version(contract)) == ""


def test_a_holder_who_changes_before_the_key_serves_stops_it(cast: Cast) -> None:
    """Asked for under one name, the signature is not made under another."""
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    cast.prefete.last_name = "Nouveau-Nom"
    cast.prefete.save(update_fields=["last_name"])
    run_jobs()
    request = SignatureRequest.objects.get()
    assert (request.state, bytes(request.raw_signature)) == (SignatureRequest.State.ABANDONED, b"")
    with pytest.raises(Locked, match="Nouveau-Nom"):
        acts.sign(cast.prefete, plot.task(contract, "sign").pk, **plot.confirm(cast.prefete, contract))


def test_only_a_pilot_accepts_and_says_why_in_what_a_stamp_can_hold(cast: Cast, client: Client) -> None:
    contract = plot.at_signing(cast)
    successor, place = succeeded(cast, contract)
    address = reverse("holder_accept", args=[contract.pk, place.pk])
    for stranger in (successor, cast.maire, cast.outsider):
        client.force_login(stranger)
        assert client.get(address).status_code == client.post(address, {"reason": "x"}).status_code == 404
        with pytest.raises(NotAllowed):
            holder_acts.accept_holder(
                stranger, contract.pk, signatory_id=place.pk, holder=str(successor), reason="x"
            )
    for wrong in (" ", "x" * 201, "bon 🎉"):
        with pytest.raises(Invalid):
            holder_acts.accept_holder(
                cast.pilote_ville, contract.pk, signatory_id=place.pk, holder=str(successor), reason=wrong
            )
    client.force_login(cast.pilote_prefecture)
    form = client.get(address).context["form"]
    sent = {"holder": form["holder"].value(), "reason": REASON}
    assert client.post(address, {**sent, "reason": ""}).status_code == 422
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 409
    assert AcceptedHolder.objects.get().author == cast.pilote_prefecture
    other = contract.signatories.exclude(pk=place.pk).get()
    page = client.get(reverse("holder_accept", args=[contract.pk, other.pk])).content.decode()
    assert "rien à accepter" in page and "Accepter la différence" not in page
    assert client.get(reverse("holder_accept", args=[cast.contract.pk, place.pk])).status_code == 404


def test_everybody_is_told_once_of_a_change_and_a_new_version_names_the_new_holder(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    successor, place = succeeded(cast, contract)
    run_jobs()
    holder_acts.tell_changed_holders()
    told = JournalEntry.objects.filter(contract=contract, verb="holder_changed")
    assert [entry.payload["holder"] for entry in told][-1] == str(successor)
    assert len({entry.payload["holder"] for entry in told}) == told.count()
    assert Event.objects.filter(contract=contract, kind="holder_changed").count() == told.count()
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Le préfet a changé.")
    contract.refresh_from_db()
    with pytest.raises(Locked, match="en rédaction"):
        accept(cast, contract, place, successor)
    plot.draft_and_freeze(contract)
    assert rules.differences(plot.version(contract)) == []
