"""Before anybody is asked to sign: the settled text is signed once, in every place, on a copy.

Keys that are thrown away, of the kinds that the signatories hold; see :mod:`signatures.rehearsal`. A text
that would not do puts the settling in error, which the pilots are told of, and no signature opens.
"""

from __future__ import annotations

from django.conf import settings

from contracts.models import Contract, ContractVersion, Signatory
from signatures import blobs, keys, rehearsal
from signatures.backends import certificate_in
from signatures.rehearsal import Place, RehearsalFailed
from stakeholders.models import User
from workflow.engine.jobs import WorkFailed
from workflow.signing.models import Rehearsal
from workflow.standing.holders import holder_of


def rehearse(contract: Contract, version: ContractVersion) -> dict[str, str]:
    """Rehearse the signatures of this text; return the kinds of keys by field.

    Raises WorkFailed, or ``limited.Unavailable`` (try again).
    """
    places = places_of(contract)
    try:
        rehearsal.rehearse(blobs.get(version.pdf_sha256), places, specimen=settings.DEMONSTRATION)
    except RehearsalFailed as error:
        raise WorkFailed(str(error)) from error
    return _kinds(places)


def keep(version: ContractVersion, kinds: dict[str, str], failure: str = "") -> Rehearsal:
    """Write down what came of a rehearsal: with which kinds of keys, and why it would not do."""
    return Rehearsal.objects.create(
        version=version, kinds=kinds, by_pdfsig=rehearsal.is_pdfsig_asked(), failure=failure
    )


def kinds_of(contract: Contract) -> dict[str, str]:
    """Return the kinds of keys, by field, with which the text would be rehearsed now."""
    return _kinds(places_of(contract))


def _kinds(places: list[Place]) -> dict[str, str]:
    return {place.field_name: f"{place.algorithm} {place.key_bits}" for place in places}


def places_of(contract: Contract) -> list[Place]:
    """Return each place as it will be signed: by whom its office is held today, with a key as theirs."""
    holders = holder_of.of({signatory.office for signatory in contract.places})
    return [_place(signatory, holders[signatory.office]) for signatory in contract.places]


def _place(signatory: Signatory, holder: User | None) -> Place:
    lines = (str(holder or ""), signatory.capacity, signatory.office.organisation.name)
    held = keys.of(holder) if holder else []
    if not held:
        return Place(signatory.field_name, lines)
    certificate = certificate_in(held[0])
    return Place(signatory.field_name, lines, certificate.algorithm, certificate.key_bits)
