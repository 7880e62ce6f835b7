"""What the lists make of a certificate (ETSI TS 119 615 § 4.4): pure, for any process.

pyHanko's own assessor refuses a certificate of several types, and holds one of a legal person for not
qualified at all; here the former is left open unless the list decides, the latter is the seal that it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from signatures.lists import criteria, saying
from signatures.lists.trusting import Anchors, Listed, mark_of

_TYPE_BY_QUALIFIER = {
    "QCForWSA": "web",
    "QCForESeal": "eseal",
    "QCForLegalPerson": "eseal",
    "QCForESig": "esign",
}
_WITH_DEVICE = {"QCWithSSCD", "QCWithQSCD", "QCQSCDManagedOnBehalf"}
_WITHOUT_DEVICE = {"QCNoSSCD", "QCNoQSCD"}


@dataclass(frozen=True)
class Status:
    """What one service makes of a certificate at one moment.

    ``device`` is « list » or « certificate », by whose word the key is in a qualified device, or blank.
    """

    qualified: bool
    type: str
    device: str
    service: str


@dataclass(frozen=True)
class Assessed:
    """What is known of a certificate: by the list ``listed``, at its issuance and when it signs.

    ``why`` says why nothing is known: « untrusted », or what is wrong with the lists (« stale », « missing »,
    « disowned »), or with their answer (« contradictory », « several_types »).
    """

    listed: Listed | None = None
    at_issuance: Status | None = None
    at_signing: Status | None = None
    why: str = ""


async def path_to(
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    anchors: Anchors,
    moment: dt.datetime,
) -> ValidationPath | None:
    """Return the path to an anchor, None when there is none.

    Revocation is asked elsewhere (``trust.check_signer``), and nothing is fetched. A certificate that is
    not valid at ``moment`` (it expired since) has its path as of its first second.
    """
    start, end = certificate.not_valid_before, certificate.not_valid_after
    context = ValidationContext(
        trust_manager=anchors,
        other_certs=list(chain),
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=moment if start <= moment <= end else start,
    )
    try:
        validator = CertificateValidator(certificate, validation_context=context)
        path: ValidationPath = await validator.async_validate_usage(set())
    except (PathError, ValidationError, ValueError):  # ValueError: a chain that cannot be read
        return None
    return path


async def assessed(
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    lists: Sequence[Listed],
    moment: dt.datetime,
    now: dt.datetime,
) -> Assessed:
    """Say what the lists make of ``certificate`` when it signs at ``moment``."""
    doubts = [why for why in (one.doubt(moment, now) for one in lists) if why]
    for listed in lists:
        anchors = Anchors([], [listed], at_any_time=True)
        path = await path_to(certificate, chain, anchors, moment)
        services = _services_on(path.iter_authorities(), listed) if path else []
        if not services:
            continue
        doubt = listed.doubt(moment, now)
        if doubt:
            return Assessed(listed, why=doubt)
        return _by_list(certificate, listed, services, moment)
    return Assessed(why=doubts[0] if doubts else "")


def _services_on(authorities: Iterable[Authority], listed: Listed) -> list[dict[str, Any]]:
    on_path = [listed.by_authority.get(mark_of(one), []) for one in authorities]
    return [service for services in on_path for service in services if not service["is_tst"]]


def _by_list(
    certificate: x509.Certificate, listed: Listed, services: list[dict[str, Any]], moment: dt.datetime
) -> Assessed:
    said = saying.statements_of(certificate)
    found: list[Status | None] = []
    for hour in (certificate.not_valid_before, moment):
        statuses = {
            status
            for service in services
            if _granted(service, hour) and (status := _status(certificate, said, service)) is not None
        }
        distinct = {(one.qualified, one.type, bool(one.device)) for one in statuses}
        if len(distinct) > 1:
            return Assessed(listed, why="contradictory")
        found.append(min(statuses, key=lambda one: one.service, default=None))
    why = "several_types" if any(one is not None and not one.type for one in found) else ""
    return Assessed(listed, found[0], found[1], why)


def _granted(service: dict[str, Any], hour: dt.datetime) -> bool:
    until = service["until"]
    return dt.datetime.fromisoformat(service["from"]) <= hour and (
        until is None or hour < dt.datetime.fromisoformat(until)
    )


def _status(certificate: x509.Certificate, said: saying.Statements, service: dict[str, Any]) -> Status | None:
    """Return what a service makes of a certificate; None when the service is for another kind."""
    applied: set[str] = set()
    for one in service["qualifications"]:
        if criteria.matches(one["criteria"], certificate):
            applied.update(one["qualifiers"])
    kind = _kind(said, applied, set(service["types"]))
    if kind is None:
        return None
    if applied & {"NotQualified"} or not said.is_european:
        qualified = False
    else:
        qualified = said.compliance or "QCStatement" in applied
    device = "certificate" if said.qscd else ""
    if applied & _WITHOUT_DEVICE:
        device = ""
    elif applied & _WITH_DEVICE:
        device = "list"
    return Status(qualified, kind, device if qualified else "", service["name"])


def _kind(said: saying.Statements, applied: set[str], accepted: set[str]) -> str | None:
    """Return for what a certificate is, blank when nothing decides, None when it is not for this service."""
    by_list = {kind for qualifier, kind in _TYPE_BY_QUALIFIER.items() if qualifier in applied}
    kinds = by_list or set(said.types) or {"esign"}
    if accepted:
        kinds &= accepted
    if not kinds:
        return None
    return kinds.pop() if len(kinds) == 1 else ""
