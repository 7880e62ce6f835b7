"""The authorities of the lists as trust anchors, beside the roots of the installation.

A list names hundreds; a path needs one. They are found by name and read then, so that a validation does not
read them all. An anchor is believed from when its service was first granted, to when it no longer is.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from asn1crypto import x509
from pyhanko_certvalidator.authority import (
    Authority,
    AuthorityWithCert,
    CertTrustAnchor,
    TrustAnchor,
    TrustedServiceType,
    TrustQualifiers,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

# those that are at hand, for whoever may not ask the database (``standing.at_hand``); None where nobody did
AT_HAND: ContextVar[Sequence[Listed] | None] = ContextVar("trusted_lists", default=None)


@dataclass(frozen=True)
class Listed:
    """One list, as far as a verdict needs it: its facts, its services, its certificates (``reading``).

    ``facts`` are « territory », « sequence », « issued » and « next » (ISO 8601, or blank); ``why`` is why it
    is not believed whatever the hour (« missing », « disowned »), blank when nothing is against it.
    """

    facts: dict[str, str]
    services: list[dict[str, Any]]
    certificates: dict[str, dict[str, str]]
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON data, for another process: ``Listed(**data)`` reads it."""
        held = {"facts": self.facts, "services": self.services, "certificates": self.certificates}
        return held | {"why": self.why}

    def doubt(self, moment: dt.datetime, now: dt.datetime) -> str:
        """Return why it does not answer for ``moment``, blank when it does.

        It does while it is in force, for any moment by its history; and, once it is not, for the moments
        until its next update was due: what it says of them was then the last word.
        """
        if self.why:
            return self.why
        return "" if self.following and min(moment, now) <= self.following else "stale"

    @property
    def following(self) -> dt.datetime | None:
        """Return until when it is in force; None for a scheme that was closed, which answers for nothing."""
        return dt.datetime.fromisoformat(self.facts["next"]) if self.facts["next"] else None

    @cached_property
    def by_authority(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Return the services by what names their authority: its name and its key."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for service in self.services:
            held = [self.certificates[one] for one in service["certificates"]]
            for mark in {(one["name"], one["key"]) for one in held}:
                found.setdefault(mark, []).append(service)
        return found

    @cached_property
    def spans(self) -> dict[tuple[str, bool], tuple[dt.datetime, dt.datetime | None]]:
        """Return from when to when each certificate is believed, by its fingerprint and « is_tst ».

        One that is listed for both is believed for each as long as that service was granted, no longer:
        a key that still time-stamps issues nothing once its authority was withdrawn.
        """
        found: dict[tuple[str, bool], tuple[dt.datetime, dt.datetime | None]] = {}
        for service in self.services:
            start = dt.datetime.fromisoformat(service["from"])
            end = dt.datetime.fromisoformat(service["until"]) if service["until"] else None
            for fingerprint in service["certificates"]:
                known = found.get((fingerprint, service["is_tst"]))
                if known is None:
                    found[fingerprint, service["is_tst"]] = start, end
                    continue
                last = None if end is None or known[1] is None else max(end, known[1])
                found[fingerprint, service["is_tst"]] = min(start, known[0]), last
        return found


def name_mark(name: x509.Name) -> str:
    """Return what two ways to write one name have in common, short."""
    return hashlib.sha256(name.hashable.encode()).hexdigest()[:32]


def mark_of(authority: Authority) -> tuple[str, str]:
    """Return what names an authority in ``Listed.by_authority``."""
    return name_mark(authority.name), hashlib.sha256(authority.public_key.dump()).hexdigest()


class Anchors(SimpleTrustManager):
    """The roots of the installation, then the authorities of lists that are believed.

    ``at_any_time``: those of services that are granted no more, or not yet, too.
    """

    def __init__(
        self,
        roots: Sequence[x509.Certificate],
        lists: Sequence[Listed] = (),
        *,
        at_any_time: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        for root in roots:
            self._register_root(root)
        self._lists = [one for one in lists if not one.why]
        self._at_any_time = at_any_time

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, TrustQualifiers]]]:
        """Certificates (base64 DER) with what they are believed for, by the mark of their name."""
        found: dict[str, list[tuple[str, TrustQualifiers]]] = {}
        kinds = TrustedServiceType
        for listed in self._lists:
            for (fingerprint, is_tst), (start, end) in listed.spans.items():
                held = listed.certificates[fingerprint]
                kind = kinds.TIME_STAMPING_AUTHORITY if is_tst else kinds.CERTIFICATE_AUTHORITY
                quals = TrustQualifiers(trusted_service_type=kind)
                if not self._at_any_time:
                    quals = replace(quals, valid_from=start, valid_until=end)
                found.setdefault(held["name"], []).append((held["der"], quals))
        return found

    def as_trust_anchor(self, authority: Authority) -> TrustAnchor | None:
        """Return the anchor that this authority is, if any: a root of ours before all.

        It is asked of whoever signed: of one that is listed for both, the one that time-stamps comes first.
        """
        ours: TrustAnchor | None = super().as_trust_anchor(authority)
        if ours is not None:
            return ours
        named = [one for one in self._named(authority.name) if one.authority == authority]
        stamps = TrustedServiceType.TIME_STAMPING_AUTHORITY
        return min(named, key=lambda one: one.trust_qualifiers.trusted_service_type != stamps, default=None)

    def is_root(self, cert: x509.Certificate) -> bool:
        """Tell whether a certificate is that of an anchor."""
        return self.as_trust_anchor(AuthorityWithCert(cert)) is not None

    def find_potential_issuers(self, cert: x509.Certificate) -> Iterator[TrustAnchor]:
        """Yield the anchors that may have issued a certificate, ours first; a time-stamper issues none."""
        yield from super().find_potential_issuers(cert)
        for one in self._named(cert.issuer):
            is_ca = one.trust_qualifiers.trusted_service_type == TrustedServiceType.CERTIFICATE_AUTHORITY
            if is_ca and one.authority.is_potential_issuer_of(cert):
                yield one

    def _named(self, name: x509.Name) -> Iterator[CertTrustAnchor]:
        for der, quals in self._by_name.get(name_mark(name), ()):
            yield CertTrustAnchor(x509.Certificate.load(base64.b64decode(der)), quals)
