"""What may stand in the way of a signature before it is asked for: one cause, one warning, one thing to do.

A warning has a stable code (:class:`workflow.signing.models.WarningCode`) and the facts that it is about: an
acceptance counts for these facts, and for no others that come after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from signatures import levels
from signatures.models import EnrolledKey, Level
from stakeholders.models import User
from stakeholders.wording import day
from workflow.signing.models import WarningCode

SOON = dt.timedelta(days=60)  # before its end, as its owner is told (workflow.keys.jobs)
_MARK = 16  # hexadecimal digits of a fingerprint: enough to tell one person's certificates apart

SENTENCES: dict[str, Promise] = {
    WarningCode.NO_SIGNATORY: _(
        "Personne ne peut signer aujourd’hui en qualité de « %(capacity)s » : faites nommer le titulaire, ou "
        "inscrire au registre l’acte qui permet de signer à sa place."
    ),
    WarningCode.NO_KEY: _(
        "%(person)s n’a enregistré aucun moyen de signature : demandez-lui d’en enregistrer un dans « Mes "
        "moyens de signature »."
    ),
    WarningCode.KEY_WAITS: _(
        "Le certificat de %(person)s ne porte pas le nom de son compte : demandez à qui administre son "
        "organisation de l’accepter."
    ),
    WarningCode.KEY_ENDED: _(
        "Le certificat de %(person)s n’est pas en cours de validité (du %(start)s au %(end)s) : demandez-lui "
        "d’en enregistrer un autre."
    ),
    WarningCode.LEVEL: _(
        "Le certificat de %(person)s donnerait une signature %(level)s, quand celle qui est demandée ici est "
        "%(required)s : demandez-lui d’en enregistrer un qui convienne. %(because)s"
    ),
    WarningCode.UNLISTED: _(
        "L’autorité « %(issuer)s », qui a délivré le certificat de %(person)s, n’est sur aucune liste de "
        "confiance à jour : demandez-lui un certificat d’un prestataire de confiance qualifié. %(because)s"
    ),
    WarningCode.LIST_STALE: _(
        "Le niveau du certificat de %(person)s ne peut être établi : la liste de confiance est périmée. "
        "Demandez à l’administrateur de la plateforme de la mettre à jour. %(because)s"
    ),
    WarningCode.LIST_MISSING: _(
        "Le niveau du certificat de %(person)s ne peut être établi : la liste de confiance manque. Demandez "
        "à l’administrateur de la plateforme de la charger. %(because)s"
    ),
    WarningCode.LIST_DISOWNED: _(
        "Le niveau du certificat de %(person)s ne peut être établi : le signataire de la liste de confiance "
        "n’est plus reconnu. Demandez à l’administrateur de la plateforme d’en charger une autre. %(because)s"
    ),
    WarningCode.ENDS_BEFORE_TERM: _(
        "Le certificat de %(person)s prend fin le %(end)s, alors que sa signature peut être attendue "
        "jusqu’au %(term)s : demandez-lui d’en enregistrer un autre, ou de signer sans attendre."
    ),
    WarningCode.ENDS_SOON: _(
        "Le certificat de %(person)s prend fin le %(end)s, dans moins de soixante jours : demandez-lui d’en "
        "prévoir le renouvellement."
    ),
}
_BY_LIST = {
    "untrusted": WarningCode.UNLISTED,
    "not_listed": WarningCode.UNLISTED,
    "stale": WarningCode.LIST_STALE,
    "missing": WarningCode.LIST_MISSING,
    "disowned": WarningCode.LIST_DISOWNED,
}


@dataclass(frozen=True)
class Warned:
    """One warning: its code, the facts that it is about, and what its sentence is made of."""

    code: WarningCode
    about: str
    words: Mapping[str, object]

    @property
    def sentence(self) -> str:
        """Say what is wrong and what to do, in the active language."""
        words = {
            name: day(value) if isinstance(value, dt.date) else value for name, value in self.words.items()
        }
        if "basis" in words:
            facts = self.words["basis"]
            assert isinstance(facts, Mapping)  # noqa: S101 (as ``_of_level`` makes them)
            words["because"] = levels.because(facts)
            words["level"], words["required"] = (
                levels.level_name(str(words[name])) for name in ("level", "required")
            )
        return (str(SENTENCES[self.code]) % words).strip()

    @property
    def in_french(self) -> str:
        """Say the same in French, as acts are kept."""
        with translation.override("fr"):
            return self.sentence


def no_signatory(capacity: str) -> Warned:
    """Return what is said of a place that nobody may fill."""
    return Warned(WarningCode.NO_SIGNATORY, "", {"capacity": capacity})


def of_no_key(person: User, enrolled: list[EnrolledKey]) -> Warned:
    """Return why somebody has no key to sign with; ``enrolled`` are those that they did not withdraw."""
    waiting = next((key for key in enrolled if not key.is_confirmed), None)
    if waiting is not None:
        return Warned(WarningCode.KEY_WAITS, _about(person, waiting), {"person": person})
    now = timezone.now()
    ended = next((key for key in enrolled if not key.not_before <= now <= key.not_after), None)
    if ended is not None:
        words = {"person": person, "start": ended.not_before, "end": ended.not_after}
        return Warned(WarningCode.KEY_ENDED, _about(person, ended), words)
    return Warned(WarningCode.NO_KEY, f"{person.pk}", {"person": person})


def of_key(
    person: User, key: EnrolledKey, facts: Mapping[str, str], required: str, term: dt.date
) -> list[Warned]:
    """Return what is to be said of a key that may serve now: of its level, then of its end.

    ``facts`` are its level and basis (``signatures.levels_now``), ``required`` the least level of the place
    (blank where the document is marked « SPÉCIMEN »), ``term`` the last day of the signature.
    """
    found = []
    if required and not levels.reaches(facts["level"], required):
        found.append(_of_level(person, key, facts, required))
    last = timezone.localtime(key.not_after).date()
    words = {"person": person, "end": last, "term": term}
    if last <= term:
        found.append(Warned(WarningCode.ENDS_BEFORE_TERM, _about(person, key), words))
    elif key.not_after < timezone.now() + SOON:
        found.append(Warned(WarningCode.ENDS_SOON, _about(person, key), words))
    return found


def _of_level(person: User, key: EnrolledKey, facts: Mapping[str, str], required: str) -> Warned:
    why = facts.get("why", "")
    code = WarningCode.LEVEL if facts["level"] == Level.SPECIMEN else _BY_LIST.get(why, WarningCode.LEVEL)
    about = f"{_about(person, key)} {facts['level']} {why} {facts.get('territory', '')}"
    words = {
        "person": person,
        "issuer": key.issuer,
        "level": facts["level"],
        "required": required,
        "basis": facts,
    }
    return Warned(code, about.strip(), words)


def _about(person: User, key: EnrolledKey) -> str:
    return f"{person.pk} {key.fingerprint[:_MARK]}"
