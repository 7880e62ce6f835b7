"""The mails about somebody's account: what was changed, by whom, and whom to write to if it is wrong.

What people change themselves on their own pages (password, factors) allauth mails already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from stakeholders.models import Mandate, User
from stakeholders.wording import moment
from workflow.notices.mail import LANGUAGE, defer_mail


def send(verb: str, person: User, actor: User | None, facts: dict[str, Any]) -> None:
    """Queue the mails that an act on an account calls for, in the caller's transaction."""
    write = _WRITTEN.get(verb)
    if write is None:
        return
    with translation.override(LANGUAGE):
        subject, sentence = write(person, facts)
        body = "\n\n".join(
            [
                _("Bonjour,"),
                sentence,
                _("Fait par %(actor)s, le %(at)s.")
                % {"actor": actor or _("la plateforme"), "at": moment(timezone.now())},
                _(
                    "Si cela vous surprend, n’attendez pas : écrivez à %(contacts)s, qui peut fermer le "
                    "compte et rétablir ce qui doit l’être."
                )
                % {"contacts": _contacts(person, actor)},
            ]
        )
        for address in sorted(_addresses(verb, person, facts)):
            defer_mail(to=address, subject=f"[Contreseing] {subject}", body=body + "\n")


def _addresses(verb: str, person: User, facts: dict[str, Any]) -> set[str]:
    """Return who is told: the person, also at the address they had; and, of some, every superuser."""
    told = {person.email}
    if verb == "address_changed":
        told |= {facts["former"]}
    if verb in {"platform_rights_changed", "address_changed"}:
        told |= set(User.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True))
    return told


def _contacts(person: User, actor: User | None) -> str:
    """Return the addresses of who may help: those who administer beside the person and the actor."""
    bodies = person.mandates.in_force().values("office__organisation")
    administering = Mandate.objects.in_force().filter(
        office__organisation__in=bodies, office__administers=True, person__is_active=True
    )
    colleagues = administering.values_list("person__email", flat=True)
    platform = User.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True)
    not_them = {person.email, actor.email if actor else ""}
    found = [address for address in dict.fromkeys([*colleagues, *platform]) if address not in not_them]
    return ", ".join(found[:3]) or _("l’administration de la plateforme")


def _address_changed(person: User, facts: dict[str, Any]) -> tuple[str, str]:
    return _("L’adresse de votre compte a changé"), _(
        "L’adresse du compte de %(person)s est maintenant %(after)s ; elle était %(former)s. Les sessions "
        "ouvertes sont fermées. Le mot de passe et les autres moyens de connexion restent les mêmes. Si un "
        "administrateur a donné cette adresse, elle ne permet pendant trois jours ni de recevoir un code ni "
        "de choisir un mot de passe, à moins qu’un second administrateur ne la confirme."
    ) % {"person": person, **facts}


def _address_confirmed(person: User, _facts: dict[str, Any]) -> tuple[str, str]:
    return _("L’adresse de votre compte est confirmée"), _(
        "Un second administrateur a confirmé l’adresse du compte de %(person)s : les codes et les liens y "
        "arrivent dès maintenant."
    ) % {"person": person}


def _renamed(person: User, facts: dict[str, Any]) -> tuple[str, str]:
    return _("Le nom de votre compte a changé"), _(
        "Le nom sous lequel vous agissez et signez était « %(before)s » ; il est maintenant « %(after)s »."
    ) % facts


def _rights_changed(person: User, facts: dict[str, Any]) -> tuple[str, str]:
    if facts["is_superuser"]:
        rights = _("administre la plateforme comme superutilisateur")
    elif facts["is_staff"]:
        rights = _("entre dans l’administration de la plateforme")
    else:
        rights = _("n’entre plus dans l’administration de la plateforme")
    return _("Des droits sur la plateforme ont changé"), _(
        "%(person)s (%(address)s) %(rights)s à partir de maintenant. Ses sessions ouvertes sont fermées."
    ) % {"person": person, "address": person.email, "rights": rights}


def _factors_forgotten(person: User, _facts: dict[str, Any]) -> tuple[str, str]:
    return _("Vos clés et vos codes sont retirés"), _(
        "Les clés d’accès, l’application de codes et les codes de secours du compte de %(person)s sont "
        "retirés : le mot de passe suffit de nouveau pour se connecter. Ses sessions ouvertes sont fermées."
    ) % {"person": person}


def _code_given(person: User, facts: dict[str, Any]) -> tuple[str, str]:
    return _("Un code de confirmation a été demandé pour vous"), _(
        "Un code a été affiché, à dire de vive voix à %(person)s : il confirmera « %(name)s », pour signer."
    ) % {"person": person, **facts}


def _proof_confirmed(person: User, facts: dict[str, Any]) -> tuple[str, str]:
    return _("Un moyen de preuve est confirmé"), _(
        "« %(name)s » compte maintenant pour signer, pour le compte de %(person)s."
    ) % {"person": person, **facts}


_WRITTEN: dict[str, Callable[[User, dict[str, Any]], tuple[str, str]]] = {
    "address_changed": _address_changed,
    "address_confirmed": _address_confirmed,
    "person_renamed": _renamed,
    "platform_rights_changed": _rights_changed,
    "factors_forgotten": _factors_forgotten,
    "proof_code_given": _code_given,
    "proof_confirmed": _proof_confirmed,
}
