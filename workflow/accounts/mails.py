"""The mails about somebody's account: what was changed, by whom, and whom to write to if it is wrong.

What people change themselves on their own pages (password, factors) allauth mails already.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.models import Mandate, User
from stakeholders.wording import moment
from workflow.notices.mail import LANGUAGE, defer_mail


def send(verb: str, person: User, actor: User | None, facts: dict[str, Any]) -> None:
    """Queue the mails that an act on an account calls for, in the caller's transaction."""
    words = _WAITS.get(facts.get("waits", "")) or _WORDS.get(verb)
    if words is None:
        return
    with translation.override(LANGUAGE):
        said = {**facts, "person": person, "address": person.email, "rights": _rights(facts)}
        subject, sentence = (str(text) % said for text in words)
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
            defer_mail(to=address, subject=f"[Contreseing] {subject}", body=body + "\n", person=person)


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


def _rights(facts: dict[str, Any]) -> str:
    """Say what somebody may now do to the platform; blank for an act that does not say."""
    if "is_superuser" not in facts:
        return ""
    if facts["is_superuser"]:
        return _("administre la plateforme comme superutilisateur")
    if facts["is_staff"]:
        return _("entre dans l’administration de la plateforme")
    return _("n’entre plus dans l’administration de la plateforme")


# of an act: the subject of its mail, and the sentence that says it, of the facts that it journals
_WORDS: dict[str, tuple[Promise, Promise]] = {
    "address_changed": (
        gettext_lazy("L’adresse de votre compte a changé"),
        gettext_lazy(
            "L’adresse du compte de %(person)s est maintenant %(after)s ; elle était %(former)s. Les "
            "sessions ouvertes sont fermées. Le mot de passe et les autres moyens de connexion restent les "
            "mêmes. Si un administrateur a donné cette adresse, elle ne permet pendant trois jours ni de "
            "recevoir un code ni de choisir un mot de passe, à moins qu’un second administrateur ne la "
            "confirme."
        ),
    ),
    "address_confirmed": (
        gettext_lazy("L’adresse de votre compte est confirmée"),
        gettext_lazy(
            "Un second administrateur a confirmé l’adresse du compte de %(person)s : les codes et les "
            "liens y arrivent dès maintenant."
        ),
    ),
    "person_renamed": (
        gettext_lazy("Le nom de votre compte a changé"),
        gettext_lazy(
            "Le nom sous lequel vous agissez et signez était « %(before)s » ; il est maintenant "
            "« %(after)s »."
        ),
    ),
    "platform_rights_changed": (
        gettext_lazy("Des droits sur la plateforme ont changé"),
        gettext_lazy(
            "%(person)s (%(address)s) %(rights)s à partir de maintenant. Ses sessions ouvertes sont fermées."
        ),
    ),
    "factors_forgotten": (
        gettext_lazy("Vos clés et vos codes sont retirés"),
        gettext_lazy(
            "Les clés d’accès, l’application de codes et les codes de secours du compte de %(person)s sont "
            "retirés : le mot de passe suffit de nouveau pour se connecter. Ses sessions ouvertes sont "
            "fermées."
        ),
    ),
    "proof_code_given": (
        gettext_lazy("Un code de confirmation a été demandé pour vous"),
        gettext_lazy(
            "Un code a été affiché, à dire de vive voix à %(person)s : il confirmera « %(name)s », pour "
            "signer."
        ),
    ),
    "proof_confirmed": (
        gettext_lazy("Un moyen de preuve est confirmé"),
        gettext_lazy("« %(name)s » compte maintenant pour signer, pour le compte de %(person)s."),
    ),
    "signing_key_enrolled": (
        gettext_lazy("Un moyen de signature est enregistré pour votre compte"),
        gettext_lazy(
            "%(person)s peut maintenant signer avec : %(means)s, certificat au nom de %(name)s, valable "
            "jusqu’au %(end)s."
        ),
    ),
    "signing_key_confirmed": (
        gettext_lazy("Un moyen de signature est accepté"),
        gettext_lazy(
            "Le certificat au nom de %(name)s peut maintenant servir au compte de %(person)s. Motif donné : "
            "%(reason)s"
        ),
    ),
    "signing_key_withdrawn": (
        gettext_lazy("Un moyen de signature est retiré de votre compte"),
        gettext_lazy("Le moyen de signature de %(person)s au nom de %(name)s ne sert plus."),
    ),
    "signing_key_ending": (
        gettext_lazy("Votre certificat de signature prend fin le %(end)s"),
        gettext_lazy(
            "Le certificat au nom de %(name)s ne signera plus après le %(end)s. Demandez son "
            "renouvellement à l’autorité qui l’a délivré, puis enregistrez le nouveau dans « Mes moyens de "
            "signature »."
        ),
    ),
}
_WAITING = gettext_lazy("Un moyen de signature attend d’être accepté")
# of a certificate that was enrolled, and waits: for whom
_WAITS: dict[str, tuple[Promise, Promise]] = {
    "organisation": (
        _WAITING,
        gettext_lazy(
            "Le certificat enregistré pour le compte de %(person)s est au nom de %(name)s : qui administre "
            "l’organisation doit accepter cette différence avant qu’il serve."
        ),
    ),
    "platform": (
        _WAITING,
        gettext_lazy(
            "Le certificat enregistré pour le compte de %(person)s est au nom de %(name)s : personne d’autre "
            "n’administre l’organisation, l’administration de la plateforme doit donc accepter cette "
            "différence avant qu’il serve."
        ),
    ),
}
