"""The rows of the register by which somebody signs for another: who is named, and who held those offices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from stakeholders.models import Mandate, SigningAuthority, User
from stakeholders.prepared import MARKER, Prepared


@dataclass(frozen=True)
class Register:
    """What was read of the register: every act that names some people, and who held some offices, ever."""

    acts: list[SigningAuthority]
    held: list[Mandate]
    offices: set[int]


def acts_naming(person: User) -> list[SigningAuthority]:
    """Return every act that names the person."""
    return _NAMING.rows(person.pk)


def acts_naming_any(people: Collection[int]) -> QuerySet[SigningAuthority]:
    """Return every act that names one of these people."""
    return _acts().filter(delegate__person__in=people)


def acts_around(offices: set[int], people: Collection[int]) -> QuerySet[SigningAuthority]:
    """Return every act that names one of these people, or whoever another names for one of the offices."""
    named = SigningAuthority.objects.filter(office__in=offices, withdrawn_at=None)
    around = Q(delegate__person__in=people) | Q(delegate__person__in=named.values("delegate__person"))
    return _acts().filter(around)


def holding(offices: set[int]) -> QuerySet[Mandate]:
    """Return the mandates of these offices, whenever they ran; a guest's aside."""
    held = Mandate.objects.filter(office__in=offices, limited_type=None)
    return held.select_related("person", "office")


def _acts() -> QuerySet[SigningAuthority]:
    read = ("office__organisation", "grantor__person", "delegate__person", "delegate__office__organisation")
    return SigningAuthority.objects.select_related(*read)


_NAMING: Prepared[SigningAuthority] = Prepared(lambda person: _acts().filter(delegate__person=person), MARKER)
