"""The accounts, as the platform's administrators keep them: opened, corrected and closed by acts.

No password is set here, by any road: people choose theirs, from the link that is mailed to them.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders import account_actions, second_factor
from stakeholders.actions import deactivate
from stakeholders.models import User

SENSITIVE = frozenset({"email", "civility", "first_name", "last_name", "is_staff", "is_superuser"})


class PersonForm(forms.ModelForm[User]):
    """An account; what says who somebody is takes a second factor proved just before."""

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        """Ask for the proof, and for who may change what."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if SENSITIVE & set(self.changed_data) and not is_fresh(self.request):
            raise ValidationError(stale())
        if {"is_staff", "is_superuser"} & set(self.changed_data):
            refusal = account_actions.why_not_set_rights(
                self.instance,
                is_superuser=cleaned.get("is_superuser", False),
                actor=self.request.user,  # type: ignore[arg-type]
            )
            if refusal:
                raise ValidationError(refusal)
        return cleaned


def is_fresh(request: HttpRequest) -> bool:
    """Whether the administrator proved a second factor within the last ten minutes."""
    return second_factor.was_proved(request, within=second_factor.FRESH)


def stale() -> str:
    """Say what to do before changing who somebody is."""
    return _(
        "Prouvez d’abord de nouveau qui vous êtes : ouvrez « Sécurité de mon compte », « Confirmer qui je "
        "suis », dans un autre onglet, puis recommencez ici. La preuve vaut dix minutes."
    )


class PersonAdmin(admin.ModelAdmin[User]):
    """Accounts: opened here, closed by deactivation, never deleted."""

    form = PersonForm
    ordering = ("last_name", "first_name")
    list_display = ("last_name", "first_name", "email", "is_active", "is_staff")
    search_fields = ("last_name", "first_name", "email")
    readonly_fields = ("is_active", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email",)}),
        (gettext_lazy("Identité"), {"fields": ("civility", "first_name", "last_name")}),
        (gettext_lazy("Plateforme"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "civility", "first_name", "last_name")}),)
    actions = ("send_reset", "close_accounts", "forget_factors", "confirm_addresses")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: acts name their author for ever."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Ask only who the person is when their account is opened."""
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Rights on the platform are for another superuser to give."""
        mine = obj is not None and obj.pk == request.user.pk
        closed = () if request.user.is_superuser and not mine else ("is_staff", "is_superuser")
        return (*self.readonly_fields, *closed)

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Let the form know who asks."""
        made = super().get_form(request, obj, change=change, **kwargs)
        return type("PersonForm", (made,), {"request": request})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Change by the verb of each fact; a new account's owner is mailed the link to choose a password."""
        actor: User = request.user  # type: ignore[assignment]
        if not change:
            account_actions.open_account(obj, actor=actor)
            send_reset(request, obj)
            return
        given, kept = form.cleaned_data, User.objects.get(pk=obj.pk)
        names = ("civility", "first_name", "last_name")
        if set(names) & set(form.changed_data):
            account_actions.rename(kept, actor=actor, **{name: given[name] for name in names})
        if "email" in form.changed_data:
            account_actions.change_address(kept, given["email"], actor=actor)
        if {"is_staff", "is_superuser"} & set(form.changed_data):
            rights = {name: given.get(name, False) for name in ("is_staff", "is_superuser")}
            account_actions.set_platform_rights(kept, actor=actor, **rights)

    @admin.action(description=gettext_lazy("Envoyer de quoi choisir un mot de passe"))
    def send_reset(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Mail each person the link by which they choose a password."""
        for person in people.filter(is_active=True):
            send_reset(request, person)
        self.message_user(request, _("Les courriels partent."), messages.SUCCESS)

    @admin.action(description=gettext_lazy("Retirer les clés et les codes perdus des comptes choisis"))
    def forget_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Let people who lost their passkeys and codes log in with their password, and add new ones."""
        if not self._may(request):
            return
        for person in people:
            account_actions.forget_factors(person, actor=request.user)  # type: ignore[arg-type]
        self.message_user(
            request, _("Les clés et les codes des comptes choisis sont retirés."), messages.SUCCESS
        )

    @admin.action(description=gettext_lazy("Fermer les comptes choisis"))
    def close_accounts(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Deactivate each account and close its open pages."""
        if not self._may(request):
            return
        for person in people.filter(is_active=True):
            deactivate(person, actor=request.user)  # type: ignore[arg-type]
        self.message_user(request, _("Les comptes choisis sont fermés."), messages.SUCCESS)

    @admin.action(description=gettext_lazy("Confirmer l’adresse donnée par un autre administrateur"))
    def confirm_addresses(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Vouch for addresses that a colleague gave: their mailboxes serve at once."""
        if not self._may(request):
            return
        for person in people:
            try:
                account_actions.confirm_address(person, actor=request.user)  # type: ignore[arg-type]
            except ValidationError as error:
                self.message_user(request, f"{person}{_(' : ')}{' '.join(error.messages)}", messages.ERROR)
            else:
                done = _("L’adresse de %(person)s est confirmée.") % {"person": person}
                self.message_user(request, done, messages.SUCCESS)

    def _may(self, request: HttpRequest) -> bool:
        fresh = is_fresh(request)
        if not fresh:
            self.message_user(request, stale(), messages.ERROR)
        return fresh


def send_reset(request: HttpRequest, person: User) -> None:
    """Mail somebody the link by which they, and nobody else, choose a password."""
    form = ResetPasswordForm(data={"email": person.email})
    if form.is_valid():
        form.save(request)
