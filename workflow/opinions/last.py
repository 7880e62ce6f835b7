"""The last opinion of each organisation, and who gave none by the term where that counts."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from contracts.models import Contract, ContractVersion
from stakeholders.models import Organisation
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_once
from workflow.opinions.models import Approval, Opinion, Silence

Said = TypeVar("Said", Opinion, Silence)


@asked_once
def opinions_of(contract: Contract) -> list[Opinion]:
    """Return every opinion on the versions of a contract, from first to last."""
    return _OPINIONS.rows(contract.pk)


def on_all_versions(model: type[Said]) -> Prepared[Said]:
    """Return the query of what organisations said on the versions of a contract, from first to last."""
    return Prepared(
        lambda contract: (
            model._default_manager.filter(version__contract=contract)
            .select_related("organisation", "version")
            .defer("version__content")
            .order_by("at", "pk")
        ),
        MARKER,
    )


_OPINIONS = on_all_versions(Opinion)


def last_opinions(contract: Contract) -> list[Opinion]:
    """Return the last opinion of each organisation."""
    last: dict[int, Opinion] = {}
    for opinion in sorted(opinions_of(contract), key=lambda opinion: opinion.version.number):
        last[opinion.organisation_id] = opinion
    return list(last.values())


def opinions_on(version: ContractVersion) -> list[Opinion]:
    """Return the opinions on one version with their organisations, from first to last."""
    return _ON.rows(version.pk)


_ON: Prepared[Opinion] = Prepared(
    lambda version: Opinion.objects.filter(version=version).select_related("organisation"), MARKER
)


def approvals_on(version: ContractVersion) -> list[Approval]:
    """Return the approvals of one version with their organisations, from first to last."""
    return _APPROVALS.rows(version.pk)


_APPROVALS: Prepared[Approval] = Prepared(
    lambda version: Approval.objects.filter(version=version).select_related("organisation"), MARKER
)


def last_of(contract: Contract, organisation: Organisation) -> Opinion | None:
    """Return the last opinion of one organisation, with its version."""
    return next(iter(_LAST.rows(contract.pk, organisation.pk)), None)


_LAST: Prepared[Opinion] = Prepared(
    lambda contract, organisation: (
        Opinion.objects.filter(version__contract=contract, organisation=organisation)
        .select_related("version")
        .order_by("-version__number")[:1]
    ),
    *(MARKER, MARKER + 1),
)


def read_with_silences() -> ArraySubquery:
    """Return what versions are read with, as ``silent``, so that ``silences_read`` asks nothing."""
    theirs = Silence.objects.filter(version=OuterRef("pk")).order_by("at", "pk")
    one = JSONObject(organisation="organisation_id", name="organisation__short_name", term="term")
    return ArraySubquery(theirs.values(one=one))


def silences_read(version: ContractVersion) -> list[Silence]:
    """Return who gave no opinion on a version; of one read with ``read_with_silences``, asks nothing.

    A form that is refused has asked for its version before its page does.
    """
    if not hasattr(version, "silent"):
        theirs = Silence.objects.filter(version=version).select_related("organisation")
        return list(theirs.order_by("at", "pk"))
    return [
        Silence(
            version=version,
            organisation=Organisation(pk=row["organisation"], short_name=row["name"]),
            term=dt.date.fromisoformat(row["term"]),
        )
        for row in version.silent
    ]
