"""What a signature or a seal waits for, since when, when it is tried again; once stopped, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from contracts.models import Contract, Status
from signatures import signals
from signatures.jobs import MAX_ATTEMPTS
from signatures.models import Envelope, SignatureRequest
from signatures.timestamps import forget_failures
from tests import plot
from tests.cast import Cast
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.live_parts import live_parts
from tests.workflow.outages import hopeless_jobs
from workflow.record.models import Event, JournalEntry
from workflow.signing import acts as signing_acts
from workflow.signing import progress
from workflow.tasks import acts as tasks_acts

State = SignatureRequest.State


@pytest.fixture(autouse=True)
def _mended_breakers() -> Iterator[None]:
    forget_failures()
    yield
    forget_failures()


def words(client: Client, name: str, *arguments: object) -> str:
    """Return what a page says, in one line."""
    return plain(client.get(reverse(name, args=arguments)).content.decode().split("<main")[-1])


def plain(page: str) -> str:
    """Return the words of a piece of a page, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def in_a_while() -> None:
    """Have what is to be tried again be so in two minutes, as after some tries, and not in a second."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '2 minutes' "
            "WHERE status = 'todo' AND attempts > 0"
        )


def ask(contract: Contract, cast: Cast) -> int:
    """The prefect asks to sign; return her task."""
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    return int(waiting.pk)


def test_a_signature_without_its_time_stamp_waits_and_says_so_everywhere(
    cast: Cast, pki: ServedPki, client: Client
) -> None:
    contract = plot.at_signing(cast)
    task = ask(contract, cast)
    with pki.interrupted("/tsa"):
        run_jobs()
    assert SignatureRequest.objects.get().state == State.SIGNED
    in_a_while()
    client.force_login(cast.prefete)
    for fragment in ("signatures", "acteurs", "etapes"):
        said = plain(live_parts(client, contract)[fragment])
        assert "horodatage attendu" in said, fragment
        assert "signée" not in said, fragment
    for said in (
        *(plain(live_parts(client, contract)[part]) for part in ("signatures", "acteurs", "entete")),
        words(client, "task", contract.pk, task),
    ):
        for part in ("depuis", "1 essai", "prochain essai à", "ne répond pas", "Rien n’est à refaire"):
            assert part in said, (part, said)


def test_after_the_last_try_one_voice_says_what_to_do(cast: Cast, pki: ServedPki, client: Client) -> None:
    contract = plot.at_signing(cast)
    ask(contract, cast)
    with pki.interrupted("/tsa"), hopeless_jobs(MAX_ATTEMPTS):
        run_jobs()
    (failed,) = plot.tasks(contract, "make_signature")
    client.force_login(cast.pilote_ville)
    said = words(client, "contract", contract.pk)
    assert "interrompue" in said
    assert "le signataire n’a rien à refaire" in said
    assert "Relancez-la" in said
    for other in ("nouvel essai", "prochain essai", "en cours de"):
        assert other not in said, other
    tasks_acts.retry_job(cast.pilote_ville, failed.pk)
    run_jobs()
    assert progress.places(contract)[0].told.word == "signé"


def test_an_outage_of_the_seal_is_journaled_once_and_said(cast: Cast, pki: ServedPki, client: Client) -> None:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.maire, waiting.pk, **plot.confirm(cast.maire, contract))
    with pki.interrupted("/ocsp", "/crl"):  # asked of the signatory before the key serves, and by the seal
        run_jobs()
    assert plot.envelope(contract).state == Envelope.State.OPEN
    place = progress.places(contract)[1]
    assert (place.told.word, place.act is not None) == ("signature demandée", True)
    with hopeless_jobs(0):
        seal_without_an_authority(pki, contract)
    envelope = plot.envelope(contract)
    assert (envelope.state, envelope.error_code) == (Envelope.State.SEALING, "timestamp_unavailable")
    (entry,) = JournalEntry.objects.filter(contract=contract, verb="seal_delayed")
    assert entry.payload["code"] == "timestamp_unavailable"
    assert Event.objects.filter(contract=contract, kind="seal_delayed").count() == 1
    in_a_while()
    client.force_login(cast.pilote_ville)
    said = plain(live_parts(client, contract)["signatures"])
    for part in ("scellement en attente", "depuis", "essai", "prochain essai à", "ne répond pas"):
        assert part in said, (part, said)
    with hopeless_jobs(MAX_ATTEMPTS), pki.interrupted("/tsa"):
        run_jobs()
    assert progress.seal_of(contract).look == "stop"  # type: ignore[union-attr]
    (failed,) = plot.tasks(contract, "seal")
    tasks_acts.retry_job(cast.pilote_ville, failed.pk)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED


def seal_without_an_authority(pki: ServedPki, contract: Contract) -> None:
    """The mayor's signature is made, then the time-stamping authority falls silent: twice."""

    def silence(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        pki.services.paths_down = ("/tsa",)

    signals.signature_completed.connect(silence)
    try:
        run_jobs()
        with hopeless_jobs(1):
            run_jobs()
    finally:
        signals.signature_completed.disconnect(silence)
        pki.services.paths_down = ()
