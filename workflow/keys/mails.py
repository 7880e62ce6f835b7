"""The mails of certificates: to who may accept another name, to the platform when one of its own ends."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.models import EnrolledKey
from stakeholders.models import Mandate, Organisation, User
from workflow.notices.mail import LANGUAGE, defer_mail


def ask_to_accept(owner: User, key: EnrolledKey) -> str:
    """Mail once each person who may accept it, in the caller's transaction; return who they are.

    « organisation »: who administers one of the owner's; else « platform »: who administers the platform.
    """
    found = _accepting(owner)
    if found:
        for person, organisation in found.items():
            _ask(person, owner, key, organisation)
        return "organisation"
    for person in User.objects.filter(is_superuser=True, is_active=True).exclude(pk=owner.pk).order_by("pk"):
        _ask(person, owner, key, None)
    return "platform"


def _ask(person: User, owner: User, key: EnrolledKey, organisation: Organisation | None) -> None:
    """Ask one of them; without an organisation, for the platform."""
    with translation.override(LANGUAGE):
        page = reverse("waiting_keys", args=[organisation.pk]) if organisation else reverse("platform_keys")
        facts = {
            "person": owner,
            "name": key.common_name,
            "organisation": organisation.short_name if organisation else owner.email,
            "link": settings.PUBLIC_URL + page,
        }
        sentences = [
            _("Bonjour,"),
            _(
                "%(person)s (%(organisation)s) a enregistré un certificat de signature au nom de "
                "%(name)s, qui n’est pas celui de son compte : il ne servira qu’une fois accepté."
            )
            % facts,
            *([] if organisation else [_NOBODY_ELSE % facts]),
            _(
                "Si c’est bien la même personne (nom d’usage, second prénom…), acceptez-le en disant "
                "pourquoi : %(link)s"
            )
            % facts,
            _("Sinon, ne l’acceptez pas, et prévenez cette personne."),
        ]
        subject = _("Un certificat de signature attend votre accord")
        defer_mail(
            to=person.email,
            subject=f"[Contreseing] {subject}",
            body="\n\n".join(map(str, sentences)) + "\n",
            person=person,
        )


_NOBODY_ELSE = gettext_lazy(
    "Personne d’autre n’administre l’organisation de %(person)s : c’est donc à l’administration de la "
    "plateforme de l’accepter, ou non."
)


def tell_the_platform(use: str, facts: dict[str, Any]) -> None:
    """Mail each who administers the platform what ends and what to do, in the caller's transaction."""
    for person in User.objects.filter(is_superuser=True, is_active=True).order_by("pk"):
        with translation.override(LANGUAGE):
            subject, sentence = (str(words) % facts for words in _ENDINGS[use])
            body = "\n\n".join([_("Bonjour,"), sentence])
            defer_mail(to=person.email, subject=f"[Contreseing] {subject}", body=body + "\n", person=person)


# of a certificate of the platform's own: the subject of its mail, and what to do
_ENDINGS: dict[str, tuple[Promise, Promise]] = {
    "seal": (
        gettext_lazy("Le certificat du cachet de la plateforme prend fin le %(end)s"),
        gettext_lazy(
            "Le certificat du cachet électronique de la plateforme, au nom de %(name)s, ne scellera plus les "
            "dossiers de preuve après le %(end)s. Demandez son renouvellement à l’autorité qui l’a délivré, "
            "mettez-le avec sa clé dans le module matériel et donnez-le dans SEAL_CERTIFICATES. Ce qui est "
            "déjà scellé le reste."
        ),
    ),
    "timestamp": (
        gettext_lazy("Le certificat du service d’horodatage prend fin le %(end)s"),
        gettext_lazy(
            "Le certificat du service d’horodatage, au nom de %(name)s, vu à l’une des dernières signatures, "
            "prend fin le %(end)s. Demandez au prestataire quand il en change ; s’il est nommé dans "
            "SEAL_TIMESTAMP_CERTIFICATES, ajoutez-y le nouveau avant cette date : sans cela, plus rien ne "
            "serait horodaté."
        ),
    ),
}


def _accepting(owner: User) -> dict[User, Organisation]:
    """Return who administers an organisation in which this person acts, but themselves."""
    bodies = owner.mandates.in_force().filter(limited_type__isnull=True).values("office__organisation")
    mandates = Mandate.objects.in_force().filter(
        office__organisation__in=bodies,
        office__administers=True,
        limited_type__isnull=True,
        person__is_active=True,
    )
    found: dict[User, Organisation] = {}
    for mandate in mandates.exclude(person=owner).select_related("person", "office__organisation"):
        found.setdefault(mandate.person, mandate.office.organisation)
    return found
