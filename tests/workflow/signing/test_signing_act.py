"""Signing is an act with a row of its own, written with the act and read instead of the journal."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from config import roles
from contracts.models import Contract
from signatures import signals
from signatures.models import Confirmation, SignatureRequest
from stakeholders.actions import end_authority, withdraw_mandate
from stakeholders.models import AuthorityKind
from tests import plot, snapshots
from tests.cast import Cast
from tests.owner import as_owner, untied
from tests.stage import run_jobs
from tests.workflow.live_parts import live_parts
from tests.workflow.signing.test_signing_authority import mandate, sign_as, substitution
from workflow.record.models import JournalEntry
from workflow.signing import rules as signing_rules
from workflow.signing.models import SigningAct

BEFORE = [("workflow", "0011_procedure_in_its_room"), ("signatures", "0006_kept_reports")]
FACTS = {"organisation", "basis", "source", "office", "authority", "act"}


def said(contract: Contract, verb: str) -> list[dict[str, Any]]:
    return list(JournalEntry.objects.filter(contract=contract, verb=verb).values_list("payload", flat=True))


def rows() -> list[dict[str, Any]]:
    """Return every act but for its own number and its hour."""
    return [{**row, "id": None, "at": None} for row in SigningAct.objects.order_by("request").values()]


def test_the_act_says_by_which_task_on_what_basis_and_how_it_was_confirmed(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    sign_as(cast.prefete, contract)
    act = SigningAct.objects.get()
    asked = SignatureRequest.objects.get()
    assert (act.task, act.request, act.author) == (waiting, asked, cast.prefete)
    assert act.signatory == contract.signatories.get(order=1)
    assert (act.version, act.version_sha256) == (
        plot.version(contract),
        plot.version(contract).content_sha256,
    )
    assert (act.basis, act.authority, act.mandate) == (
        AuthorityKind.OFFICE_HOLDER,
        None,
        mandate(cast.prefete),
    )
    assert act.confirmation == Confirmation.objects.get(user=cast.prefete)
    assert (act.confirmation.proof, act.confirmation.document_sha256) == ("password", asked.document_sha256)
    assert act.confirmation.used_at is not None


def test_what_the_journal_says_of_the_signature_made_is_what_the_act_says(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    register = substitution(cast)
    sign_as(cast.secretaire_generale, contract)
    act = SigningAct.objects.get()
    run_jobs()
    (asked,), (made,) = said(contract, "signature_requested"), said(contract, "signature_made")
    assert {name: asked[name] for name in FACTS} == act.basis_facts()
    assert {name: made[name] for name in FACTS} == act.basis_facts()
    assert set(made) == FACTS | {
        *("version", "signatory", "signer", "field", "document_sha256", "final_sha256", "request"),
    }
    assert (act.basis, act.authority) == (AuthorityKind.SUBSTITUTION, register)
    assert act.mandate == mandate(cast.secretaire_generale)


def test_a_signature_asked_again_is_another_act_and_the_first_stays(cast: Cast, client: Client) -> None:
    contract = plot.at_signing(cast)
    register = substitution(cast)
    first = plot.task(contract, "sign")
    sign_as(cast.secretaire_generale, contract)
    end_authority(register, actor=cast.dircab)
    run_jobs()
    assert not any(act for _signatory, act in signing_rules.signed(contract))
    second = plot.task(contract, "sign")
    sign_as(cast.prefete, contract)
    run_jobs()
    acts = SigningAct.objects.order_by("pk")
    assert [(act.task_id, act.request.state) for act in acts] == [
        (first.pk, "abandoned"),
        (second.pk, "done"),
    ]
    signed = dict(signing_rules.signed(contract))
    assert [act.author if act else None for act in signed.values()] == [cast.prefete, None]
    client.force_login(cast.dircab)
    shown = live_parts(client, contract)["signatures"]
    assert str(cast.prefete) in shown
    assert str(cast.secretaire_generale) not in shown
    # who asked may still read what they asked for, by their task and no other
    assert signing_rules.signed_text(first, cast.secretaire_generale) == acts[0].request.document_sha256
    assert signing_rules.signed_text(second, cast.secretaire_generale) is None
    assert signing_rules.signed_text(first, cast.prefete) is None


@pytest.mark.parametrize("shared", ["task", "request", "confirmation"])
def test_a_task_a_request_and_a_confirmation_make_one_act(cast: Cast, shared: str) -> None:
    contract = plot.at_signing(cast)
    sign_as(cast.prefete, contract)
    then_the_mayor_signs(contract)
    first, other = SigningAct.objects.order_by("pk")
    with as_owner(), pytest.raises(IntegrityError, match=f"{shared}_id"), transaction.atomic():
        SigningAct.objects.filter(pk=other.pk).update(**{shared: getattr(first, shared)})


def then_the_mayor_signs(contract: Contract) -> None:
    run_jobs()
    plot.record_resolution(contract)
    plot.sign_next(contract)


@pytest.mark.parametrize("basis", ["representation_only", "substitution"])
def test_no_act_rests_on_nothing(cast: Cast, basis: str) -> None:
    contract = plot.at_signing(cast)
    sign_as(cast.prefete, contract)
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        SigningAct.objects.update(basis=basis)


def test_the_acts_of_before_are_found_in_the_journal(cast: Cast) -> None:
    """A substitute asks on an act that ends in time, then on another; the mayor signs, and leaves."""
    contract = plot.at_signing(cast)
    register = substitution(cast)
    sign_as(cast.secretaire_generale, contract)
    end_authority(register, actor=cast.dircab)
    run_jobs()
    substitution(cast)
    plot.confirm(cast.secretaire_generale, contract)  # a confirmation that serves nothing
    sign_as(cast.secretaire_generale, contract)
    then_the_mayor_signs(contract)
    withdraw_mandate(mandate(cast.maire), actor=cast.admin)
    kept = rows()
    assert len(kept) == 3
    with as_owner():
        migrate(BEFORE)
        assert "workflow_signingact" not in connection.introspection.table_names()
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
        roles.grant(connection)
    snapshots.number_on()
    assert rows() == kept
    asked = JournalEntry.objects.filter(contract=contract, verb="signature_requested")
    assert [act.at for act in SigningAct.objects.order_by("pk")] == [entry.at for entry in asked]
    assert [act.confirmation.proof for act in SigningAct.objects.all()] == [""] * 3, "it was not kept"
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == "signed"


def test_no_key_serves_a_signature_that_no_act_asked_for(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    sign_as(cast.prefete, contract)
    request = SignatureRequest.objects.get()
    with untied():
        SigningAct.objects.all().delete()
    with pytest.raises(LookupError, match="no act asked for it"), transaction.atomic():
        signals.key_about_to_serve.send(SignatureRequest, request=request)


def test_an_act_that_the_journal_does_not_tell_of_stops_the_migration(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    sign_as(cast.prefete, contract)
    fill = import_module("workflow.migrations.0013_fill_signing_acts").FILL
    with untied():
        SigningAct.objects.all().delete()
        Confirmation.objects.update(used_at=None)
    with (
        as_owner(),
        pytest.raises(DatabaseError, match=contract.reference),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(fill)


def migrate(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)
