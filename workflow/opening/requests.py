"""An organisation that is missing is asked of the platform's administrators, by mail and on their page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from stakeholders.models import User
from workflow.notices.mail import LANGUAGE, defer_mail
from workflow.opening.acts import editing
from workflow.opening.answers import same
from workflow.opening.models import ALREADY_ASKED, Answer, OrganisationRequest
from workflow.record import journal
from workflow.record.refusals import Invalid

AT_MOST = 20  # for one contract


def ask(user: User, contract_id: int, facts: dict[str, Any]) -> OrganisationRequest:
    """Ask for an organisation, and for whom to invite there; raises Invalid for one asked already."""
    with editing(user, contract_id) as met:
        contract = met.contract
        if contract.organisations_asked.count() >= AT_MOST:
            raise Invalid(
                _("Trop d’organisations sont demandées pour ce contrat : écrivez à l’administrateur.")
            )
        open_or_given = contract.organisations_asked.exclude(answer=Answer.REFUSED)
        if same(facts["name"]) in {same(row.name) for row in open_or_given if row.kind == facts["kind"]}:
            raise Invalid(str(ALREADY_ASKED), "name")
        try:
            with transaction.atomic():
                asked = OrganisationRequest.objects.create(contract=contract, asked_by=user, **facts)
        except IntegrityError:
            raise Invalid(str(ALREADY_ASKED), "name") from None
        journal.record(
            "organisation_asked",
            contract=contract,
            actor=user,
            mandate=met.mandate,
            payload={"name": asked.name, "organisation": met.mandate.office.organisation.short_name},
        )
        _tell(user, asked)
    return asked


def _tell(user: User, asked: OrganisationRequest) -> None:
    with translation.override(LANGUAGE):
        lines = [
            _("Bonjour,"),
            _("%(person)s prépare le contrat %(reference)s et demande une organisation :")
            % {"person": user, "reference": asked.contract.reference},
            _("– %(name)s (%(kind)s)") % {"name": asked.name, "kind": asked.get_kind_display()},
        ]
        if asked.contact_email:
            lines.append(
                _("À inviter : %(name)s, %(email)s")
                % {"name": asked.contact_name, "email": asked.contact_email}
            )
        lines.append(
            _("Créez-la, dites laquelle c’est, ou refusez-la :")
            + "\n"
            + settings.PUBLIC_URL
            + reverse("organisation_request", args=[asked.pk])
        )
        subject = _("[Contreseing] Organisation demandée : %(name)s") % {"name": asked.name}
    for administrator in User.objects.filter(is_superuser=True, is_active=True).order_by("pk"):
        defer_mail(
            to=administrator.email,
            subject=subject,
            body="\n\n".join(lines) + "\n",
            reply_to=user.email,
            person=administrator,
            contract=asked.contract,
        )
