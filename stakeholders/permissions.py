"""Rights: guardian's rows hang on organisations' groups, and people reach them by a mandate.

This is the only module that writes them. A right is held by a person when, today, they
have a mandate whose office has the power **and** whose organisation's group holds the
permission on the object. A mandate limited to one object counts for that object alone.
Nothing is copied onto the person, so a mandate that ends ends
the right, without any clean-up that could be forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone
from guardian.shortcuts import assign_perm, get_groups_with_perms, remove_perm
from guardian.utils import get_group_obj_perms_model
from psycopg import sql

from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.prepared import A_DAY, MARKER, Prepared
from stakeholders.reading import asked_once
from stakeholders.titles import article_of

Person = User | AnonymousUser
Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def establish_organisation(**fields: object) -> Organisation:
    """Create an organisation with its group, and grant the group what its kind may do.

    The article of its name is guessed where it is not given.
    """
    fields.setdefault("article", article_of(str(fields["name"])))
    group, _created = Group.objects.get_or_create(name=f"organisation:{fields['code']}")
    organisation: Organisation = Organisation.objects.create(group=group, **fields)
    _grant_powers_of_kind(organisation)
    return organisation


@transaction.atomic
def change_kind(organisation: Organisation, kind: str) -> None:
    """Make it of another kind, with what that kind may do; the caller has looked at who acts for it."""
    organisation.kind = kind
    organisation.save(update_fields=["kind"])
    _rights_on(Organisation).filter(group=organisation.group, content_object=organisation).delete()
    _grant_powers_of_kind(organisation)


def _grant_powers_of_kind(organisation: Organisation) -> None:
    rights = _rights_on(Organisation).model
    kind = ContentType.objects.get_for_model(Organisation)
    known = {permission.codename: permission for permission in Permission.objects.filter(content_type=kind)}
    rights.objects.bulk_create(
        rights(group=organisation.group, content_object=organisation, permission=known[power.value])
        for power in sorted(organisation.powers)
    )


def grant(power: Power, organisation: Organisation, target: models.Model) -> None:
    """Give the organisation's group a permission on one object."""
    assign_perm(power.value, organisation.group, target)


def grant_many(power: Power, target: type[models.Model], pairs: Iterable[tuple[int, int]]) -> None:
    """Give organisations' groups a permission on many objects at once, by COPY.

    ``pairs`` are (primary key of the group, primary key of the object); none may be held yet.
    """
    table = _rights_on(target).model._meta.db_table
    content_type = ContentType.objects.get_for_model(target)
    permission = Permission.objects.get(content_type=content_type, codename=power.value)
    columns = sql.SQL("COPY {} (group_id, content_object_id, permission_id) FROM STDIN")
    with connection.cursor() as cursor, cursor.copy(columns.format(sql.Identifier(table))) as copy:
        for group, row in pairs:
            copy.write_row((group, row, permission.pk))


def withdraw(power: Power, organisation: Organisation, target: models.Model) -> None:
    """Take a permission on one object back from the organisation's group."""
    remove_perm(power.value, organisation.group, target)


def holders_of(offices: Iterable[int], on: dt.date | None = None) -> dict[int, User | None]:
    """Return who holds each of these offices, as :meth:`Office.holder` says it of one, in one query.

    Raises Mandate.MultipleObjectsReturned where several hold one: nobody is chosen.
    """
    found: dict[int, User | None] = dict.fromkeys(offices)
    held = Mandate.objects.in_force(on).filter(office__in=list(found), limited_type=None)
    taken: set[int] = set()
    for mandate in held.select_related("person"):
        if mandate.office_id in taken:
            raise Mandate.MultipleObjectsReturned
        taken.add(mandate.office_id)
        found[mandate.office_id] = mandate.person if mandate.person.is_active else None
    return found


def mandates_in_force(person: Person, on: dt.date | None = None) -> list[Mandate]:
    """Return the mandates by which the person may act on that day; none for a deactivated one.

    Each has its ``own_rights``: what its organisation's group may do on the organisation itself.
    """
    return held_on(person, on or timezone.localdate())


@asked_once
def held_on(person: Person, on: dt.date) -> list[Mandate]:
    """Return the same for a day that is known: a list that none may change."""
    if not person.is_authenticated or not person.is_active or person.only_mandates is not None:
        return list(rows_held_on(person, on))
    held = _HELD.rows(person.pk, on)
    for mandate in held:  # as those of the person's own list, whom none of them reads again
        mandate.person = person
    return held


def rows_held_on(person: Person, on: dt.date) -> QuerySet[Mandate]:
    """Return the query of these mandates."""
    if not person.is_authenticated or not person.is_active:
        return Mandate.objects.none()
    # by the person, whom each mandate then knows without being read again
    held = with_rights(person.mandates.in_force(on))
    if person.only_mandates is None:
        return held
    return held.filter(pk__in=person.only_mandates, limited_type__isnull=False)


def with_rights(held: QuerySet[Mandate]) -> QuerySet[Mandate]:
    """Give mandates their office, their organisation and its ``own_rights``, in their order."""
    held = held.select_related("office__organisation").order_by("starts_on", "pk")
    return held.annotate(own_rights=_own_rights())


_HELD: Prepared[Mandate] = Prepared(
    lambda person, on: with_rights(Mandate.objects.filter(person=person).in_force(on)), MARKER, A_DAY
)


@asked_once
def mandate_for(
    person: Person,
    power: Power,
    target: models.Model,
    on: dt.date | None = None,
    *,
    about: models.Model | None = None,
) -> Mandate | None:
    """Return the mandate by which the person holds ``power`` on ``target``, or None.

    For an organisation as target, only a mandate *in that organisation* counts; one limited
    to an object counts only when the act is ``about`` that object.
    """
    subject = about if isinstance(target, Organisation) else target
    mandates = [m for m in mandates_in_force(person, on) if power in m.office.powers and m.covers(subject)]
    if isinstance(target, Organisation):
        here = (m for m in mandates if m.office.organisation_id == target.pk)
        return next((m for m in here if holds(m, power)), None)
    if not mandates:
        return None
    holding = set(
        _rights_on(target)
        .filter(
            group__in={m.office.organisation.group_id for m in mandates},
            permission__codename=power.value,
            content_object=target,
        )
        .values_list("group_id", flat=True)
    )
    return next((m for m in mandates if m.office.organisation.group_id in holding), None)


def holds(mandate: Mandate, power: Power) -> bool:
    """Tell whether guardian's rows let its organisation do this; for one of ``mandates_in_force``."""
    return power.value in mandate.own_rights  # type: ignore[attr-defined]


def _own_rights() -> ArraySubquery:
    """Return the permissions that a mandate's organisation holds, by its group, on itself."""
    organisation = "office__organisation"
    rows = _rights_on(Organisation).filter(
        content_object=OuterRef(organisation), group=OuterRef(f"{organisation}__group")
    )
    return ArraySubquery(rows.values("permission__codename"))


def organisation_may(power: Power, organisation: Organisation) -> bool:
    """Tell whether the organisation's group holds the power on the organisation itself."""
    rows = _rights_on(organisation).filter(
        group=organisation.group_id, permission__codename=power.value, content_object=organisation
    )
    return rows.exists()


def _rights_on(target: models.Model | type[models.Model]) -> models.Manager[Any]:
    # guardian takes a class as well as an instance, though its annotation says otherwise
    return get_group_obj_perms_model(cast(models.Model, target))._default_manager


def visible(person: Person, rows: QuerySet[Row], power: Power = Power.VIEW) -> QuerySet[Row]:
    """Keep of ``rows`` those on which the person holds ``power`` today."""
    groups, alone = reach(person, rows.model, power)
    reached = Q(group__in=groups)
    for group, limited in alone:
        reached |= Q(group=group, content_object=limited)
    return _held_by(reached, rows, power)


def visible_to(groups: Iterable[int], rows: QuerySet[Row], power: Power = Power.VIEW) -> QuerySet[Row]:
    """Keep of ``rows`` those on which one of these groups holds ``power``."""
    return _held_by(Q(group__in=groups), rows, power)


def reach(
    person: Person, model: type[models.Model], power: Power = Power.VIEW
) -> tuple[list[int], list[tuple[int, int | None]]]:
    """Return by which groups the person holds ``power`` today: on all that is theirs; or on one row alone.

    A guest's mandate is for one: the group, and the key of the row.
    """
    mandates = [m for m in mandates_in_force(person) if power in m.office.powers]
    kind = ContentType.objects.get_for_model(model).pk
    whole = {m.office.organisation.group_id for m in mandates if m.limited_type_id is None}
    alone = [(m.office.organisation.group_id, m.limited_id) for m in mandates if m.limited_type_id == kind]
    return sorted(whole), alone


def _held_by(reached: Q, rows: QuerySet[Row], power: Power) -> QuerySet[Row]:
    held = _rights_on(rows.model).filter(reached, permission__codename=power.value)
    return rows.filter(pk__in=held.values("content_object_id"))


def administration_of(person: Person, organisation: Organisation) -> Mandate | None:
    """Return the mandate by which the person administers the organisation today, or None."""
    held = (m for m in mandates_in_force(person) if m.office.organisation_id == organisation.pk)
    # whichever: each lets them administer
    return next((m for m in held if m.office.administers and m.limited_type_id is None), None)


def organisations_holding(power: Power, target: models.Model) -> QuerySet[Organisation]:
    """Return the organisations whose group holds the permission on the object."""
    groups = cast("QuerySet[Group]", get_groups_with_perms(target, only_with_perms_in=[power.value]))
    return Organisation.objects.filter(group__in=groups)


def audience(target: models.Model, power: Power = Power.VIEW) -> set[int]:
    """Return the primary keys of all the people who hold ``power`` on ``target`` today."""
    rows = _rights_on(target).filter(permission__codename=power.value, content_object=target)
    mandates = (
        Mandate.objects.in_force()
        .filter(office__organisation__group__in=rows.values("group"), person__is_active=True)
        .select_related("office__organisation")
    )
    return {m.person_id for m in mandates if power in m.office.powers and m.covers(target)}
