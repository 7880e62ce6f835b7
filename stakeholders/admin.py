"""What the platform's administrators keep: organisations, offices, people, mandates.

They see no contract. A mandate is given and withdrawn by the actions that journal it;
nothing here deletes a row that an act may name.
"""

from __future__ import annotations

from typing import Any

import django.contrib.auth.admin  # noqa: F401 (registers the groups, so that they can be taken away)
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stakeholders.actions import (
    appoint,
    propose,
    withdraw_mandate,
)
from stakeholders.granting import WIDENS, gives_power, is_lowered, is_widened
from stakeholders.incompatibilities import one_at_a_time, why_not_appoint, why_not_role
from stakeholders.models import Grant, GrantKind, Mandate, Office, Organisation, User
from stakeholders.permissions import establish_organisation
from stakeholders.person_admin import PersonAdmin

admin.site.site_header = _("Contreseing, administration")
admin.site.site_title = _("Administration")
admin.site.index_title = _("Qui peut agir, et en quelle qualité")
admin.site.unregister(Group)  # one group an organisation, made with it


class KeptAdmin(admin.ModelAdmin[Any]):
    """Rows that are never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, whoever asks."""
        return False


admin.site.register(User, PersonAdmin)


def ask(request: HttpRequest, grant: Grant) -> None:
    """Draft a power in the name of whoever asks; their answer then leads to its page."""
    grant.asked_by = request.user  # type: ignore[assignment]
    try:
        propose(grant)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        request.asked = grant  # type: ignore[attr-defined]


class AskingAdmin(KeptAdmin):
    """Rows of which a change may widen a power: it is then only asked for."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Go on to the page of what was asked, where its author says again who they are."""
        asked: Grant | None = getattr(request, "asked", None)
        if asked is not None:
            messages.warning(request, WIDENS)
            return redirect("grant", asked.pk)
        return super().response_change(request, obj)


@admin.register(Organisation)
class OrganisationAdmin(AskingAdmin):
    """Organisations; a new one gets its group and its kind's powers."""

    list_display = ("name", "kind", "territory")
    list_filter = ("kind", "territory")
    search_fields = ("name", "short_name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """The code and the kind are settled when the organisation is established."""
        return ("code", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        """Establish a new organisation with its rights; change an old one as it is.

        To ask signatories for less than before takes a second person.
        """
        if change:
            before = Organisation.objects.select_for_update(no_key=True).get(pk=obj.pk).signing_proof
            wanted, lowered = obj.signing_proof, is_lowered(before, obj.signing_proof)
            if lowered:
                obj.signing_proof = before
            obj.save()
            if lowered:
                facts = {"proof": wanted, "from_proof": before}
                ask(request, Grant(kind=GrantKind.PROOF, organisation=obj, facts=facts))
            return
        made = establish_organisation(**form.cleaned_data)
        obj.pk, obj.group = made.pk, made.group


class OfficeForm(forms.ModelForm[Office]):
    """An office; the role that its holder could not keep beside another is said before it is changed."""

    def clean(self) -> dict[str, Any]:
        """Ask what its holders hold besides."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        role = cleaned.get("role")
        if self.instance.pk and role:
            one_at_a_time(self.instance.mandates.values_list("person", flat=True))
            if refusal := why_not_role(self.instance, role):
                self.add_error("role", refusal)
        return cleaned


@admin.register(Office)
class OfficeAdmin(AskingAdmin):
    """Posts and their roles; who holds one gains nothing by its change before a second person confirms."""

    list_display = ("title", "organisation", "role", "administers")
    list_filter = ("role", "administers", "organisation__kind")
    search_fields = ("title", "organisation__name")
    form = OfficeForm

    def get_readonly_fields(self, request: HttpRequest, obj: Office | None = None) -> tuple[str, ...]:
        """An office stays where it is: moved, it would take its holder along."""
        return ("organisation",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Office, form: Any, change: bool) -> None:
        """Save; what would let its holder do more is asked for, and the rest saved."""
        before = Office.objects.select_for_update(no_key=True).get(pk=obj.pk) if change else None
        held = before is not None and before.mandates.filter(withdrawn_at=None).exclude(
            ends_on__lt=timezone.localdate()
        )
        if before is None or not held or not is_widened(before, role=obj.role, administers=obj.administers):
            obj.save()
            return
        wanted = {"to_role": obj.role, "to_administers": obj.administers}
        obj.role, obj.administers = before.role, before.administers
        obj.save()
        ask(
            request,
            Grant(kind=GrantKind.OFFICE, organisation=obj.organisation, office=obj, facts=wanted),
        )


class MandateForm(forms.ModelForm[Mandate]):
    """A mandate to give; what it cannot go with is said before it is given."""

    def clean(self) -> dict[str, Any]:
        """Ask what the person holds already."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        facts = {name: cleaned.get(name) for name in ("person", "office", "starts_on", "ends_on")}
        known = facts["person"] and facts["office"] and facts["starts_on"]
        if known and (refusal := why_not_appoint(Mandate(**facts))):
            self.add_error("office", refusal)
        elif known and gives_power(cleaned["office"]):
            self.add_error(
                "office",
                gettext(
                    "Cette fonction donne un pouvoir : demandez-la, avec son acte, à la page %(page)s, ou "
                    "invitez quelqu’un à la page %(invitation)s. Une seconde personne confirme."
                )
                % {
                    "page": reverse("mandate_add", args=[cleaned["office"].organisation_id]),
                    "invitation": reverse("invitation_add", args=[cleaned["office"].organisation_id]),
                },
            )
        return cleaned


@admin.register(Mandate)
class MandateAdmin(KeptAdmin):
    """Who holds which office, from when to when; given here, withdrawn at once by an action."""

    list_display = ("person", "office", "limited_to", "starts_on", "ends_on", "withdrawn_at")
    list_select_related = ("person", "office__organisation")
    search_fields = ("person__last_name", "office__title")
    autocomplete_fields = ("person", "office")
    form = MandateForm
    exclude = ("handover",)  # written when the mandate ends
    actions = ("withdraw",)

    def has_change_permission(self, request: HttpRequest, obj: Mandate | None = None) -> bool:
        """A mandate that was given is not rewritten: withdraw it and give another."""
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Mandate, form: Any, change: bool) -> None:
        """Give the office, journaled."""
        facts = form.cleaned_data
        made = appoint(
            facts["person"],
            facts["office"],
            starts_on=facts["starts_on"],
            ends_on=facts["ends_on"],
            act=facts["act"],
            actor=request.user,  # type: ignore[arg-type]
        )
        obj.pk = made.pk

    @admin.action(description=_("Retirer dès maintenant les mandats choisis"))
    def withdraw(self, request: HttpRequest, mandates: QuerySet[Mandate]) -> None:
        """End each mandate at once."""
        for mandate in mandates.filter(withdrawn_at__isnull=True):
            withdraw_mandate(mandate, actor=request.user)  # type: ignore[arg-type]
        self.message_user(request, _("Les mandats choisis sont retirés."), messages.SUCCESS)
