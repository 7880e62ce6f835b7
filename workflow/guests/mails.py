"""The mails to a guest: the link that asks, the code that confirms."""

from __future__ import annotations

import datetime as dt
import secrets
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate import JobContext
from procrastinate.contrib.django import app

from contracts.models import Contract
from signatures.jobs import in_transaction
from stakeholders.direction import isolated
from stakeholders.models import Mandate, Organisation, User
from stakeholders.wording import day, in_sentence, moment, weekday
from workflow.engine.tasks import Task
from workflow.guests import links
from workflow.guests.models import Contact, GuestLink
from workflow.news import calendars
from workflow.notices import mail
from workflow.notices.models import Fate, KeptMail
from workflow.opinions import silence
from workflow.record import journal

LINK_LASTS = dt.timedelta(days=15)
CODE_LASTS = dt.timedelta(minutes=10)
CODE_TRIES = 5


def send_links(contract: Contract, organisation: Organisation, task: Task) -> None:
    """Mail a link to each contact of an organisation whose opinion has just been asked."""
    for contact in Contact.objects.reachable().filter(contract=contract, organisation=organisation):
        send_link(contact, task)


class Again(StrEnum):
    """Why a link is mailed to somebody who was asked already."""

    REMINDED = "reminded"
    PUT_OFF = "put_off"


def send_link(
    contact: Contact,
    task: Task,
    *,
    actor: User | None = None,
    mandate: Mandate | None = None,
    again: Again | None = None,
    word: str = "",
) -> GuestLink:
    """Mail a new link about the last version, in the caller's transaction; journaled.

    ``again`` says why, to whoever was asked before; ``word`` is what a pilot adds.
    """
    contract, now = contact.contract, timezone.now()
    version = contract.versions.order_by("-number")[0]
    link = GuestLink.objects.create(
        contact=contact,
        version=version,
        identifier=secrets.token_urlsafe(24),
        sent_at=now,
        expires_at=now + LINK_LASTS,
    )
    with translation.override(mail.LANGUAGE):
        facts = _facts(link, str((task.data or {}).get("due_on", "")))
        facts |= {"otherwise": silence.otherwise(task), "word": word}
        sentences, subject = _sentences(facts, again), _subject(facts, again)
        body = "\n\n".join(sentence % facts for sentence in sentences) + "\n"
        hidden = "\n\n".join(sentence % {**facts, "link": mail.HIDDEN} for sentence in sentences) + "\n"
        calendar = calendars.file([(task, contract)], address=facts["link"])
    link.mail = kept = keep(contact, subject, hidden)
    link.save(update_fields=["mail"])
    mail.defer_mail(
        to=contact.email,
        subject=subject,
        body=body,
        reply_to=version.frozen_by.email,
        calendar=calendar,
        kept=kept,
        headers=_thread(contract),
    )
    record("guest_link_sent", contact, actor=actor, mandate=mandate, version=version.number)
    return link


def keep(contact: Contact, subject: str, body: str) -> KeptMail:
    """Keep a mail to a contact, whose fate is told; ``body`` without the link and without the code."""
    return KeptMail.objects.create(
        contact=contact,
        contract=contact.contract,
        address=contact.email,
        subject=mail.in_one_line(subject),
        body=isolated(body),
        message_id=mail.identifier(),
    )


def _thread(contract: Contract) -> dict[str, str]:
    """Return what has a mailbox show the mails about one contract together."""
    thread = mail.named_at_home(f"contrat.{contract.pk}")
    return {"References": thread, "In-Reply-To": thread}


def record(
    verb: str, contact: Contact, *, actor: User | None, mandate: Mandate | None = None, **facts: Any
) -> dict[str, Any]:
    """Journal what concerns a contact, and return the facts; never the address, which all would read."""
    told = {
        "contact": contact.pk,
        "organisation": contact.organisation.short_name,
        "name": str(contact),
        "as": contact.quality,
        **facts,
    }
    journal.record(verb, contract=contact.contract, actor=actor, mandate=mandate, payload=told)
    return told


def _subject(facts: dict[str, Any], again: Again | None) -> str:
    """Say what is asked first, then by when and on what: a mailbox shows the first words alone."""
    if again == Again.REMINDED and facts["due"]:
        plain = _("Rappel : avis attendu au plus tard le %(due)s (%(reference)s)")
        longer = _("Rappel : avis attendu au plus tard le %(due)s, %(title)s (%(reference)s)")
    elif again == Again.PUT_OFF:
        plain = _("Échéance reportée au %(due)s : avis demandé (%(reference)s)")
        longer = _("Échéance reportée au %(due)s : avis demandé, %(title)s (%(reference)s)")
    elif facts["due"]:
        plain = _("Avis demandé au plus tard le %(due)s (%(reference)s)")
        longer = _("Avis demandé au plus tard le %(due)s : %(title)s (%(reference)s)")
    else:
        plain = _("Avis demandé (%(reference)s)")
        longer = _("Avis demandé : %(title)s (%(reference)s)")
    return mail.fitted(longer % {**facts, "title": "%s"}, facts["title"]) or plain % facts


def _sentences(facts: dict[str, Any], again: Again | None) -> list[str]:
    return [
        _("Bonjour %(name)s,"),
        *_why_again(facts, again),
        _("Votre avis est demandé, au nom de votre organisation, sur un contrat de sécurité intégrée."),
        "\n".join(_what_is_asked(facts)),
        "%(otherwise)s "
        + _("Il peut être favorable, avec ou sans réserves, demander des modifications ou être défavorable."),
        _("Pour lire le texte et répondre, ouvrez cette page :") + "\n%(link)s",
        _(
            "Il n’y a ni compte à créer ni mot de passe à choisir : la page vous enverra un code, à cette "
            "adresse seulement. Sans ce code, le lien ne donne accès à rien. Il vaut jusqu’au %(until)s ; "
            "passé ce jour, la même page vous en enverra un autre."
        ),
        _(
            "Si cette demande ne vous concerne pas, ouvrez la page et choisissez « Ce n’est pas moi » : "
            "le lien sera révoqué et les pilotes du contrat prévenus."
        ),
        _("Pour toute question, répondez à ce courriel : votre réponse parviendra à %(asker)s, %(address)s."),
    ]


def _why_again(facts: dict[str, Any], again: Again | None) -> list[str]:
    said = []
    if again == Again.REMINDED:
        said.append(_("Ce courriel vous rappelle une demande à laquelle il n’a pas encore été répondu."))
    elif again == Again.PUT_OFF:
        said.append(_("L’échéance de la demande qui suit est reportée au %(due)s."))
    if facts["word"]:
        said.append(_("Message des pilotes du contrat : « %(word)s »"))
    return said


def _facts(link: GuestLink, due_on: str) -> dict[str, Any]:
    contact, by = link.contact, link.version.frozen_by
    title = links.title_of_asker(link.version)
    return {
        "name": str(contact),
        "asker": ", ".join(part for part in (str(by), in_sentence(title)) if part),
        "asking": links.asker(contact.contract).name,
        "address": by.email,
        "telephone": by.telephone,
        "organisation": contact.organisation.name,
        "title": contact.contract.title,
        "reference": contact.contract.reference,
        "version": link.version,
        "led": links.led(link.version, contact.organisation),
        "due": weekday(due_on),
        "link": links.address_of(link),
        "until": day(link.expires_at),
    }


def _what_is_asked(facts: dict[str, Any]) -> list[str]:
    asked = [
        _("Demandé par : %(asker)s (%(asking)s)"),
        *([_("Téléphone : %(telephone)s")] if facts["telephone"] else []),
        _("Organisation : %(organisation)s"),
        _("Contrat : « %(title)s » (%(reference)s, %(version)s)"),
    ]
    if count := len(facts["led"]):
        why = ngettext(
            "Pourquoi vous : %(organisation)s est responsable d’un engagement :",
            "Pourquoi vous : %(organisation)s est responsable de %(count)d engagements :",
            count,
        )
        # their words are not a format
        asked += [why % {**facts, "count": count}, *(f"- {row}".replace("%", "%%") for row in facts["led"])]
    return [*asked, _("Réponse attendue : au plus tard le %(due)s")] if facts["due"] else asked


def defer_code(link: GuestLink) -> None:
    """Queue the mailing of a code, in the caller's transaction.

    The code is drawn by the worker: in clear it is in the mail and nowhere in the database.
    """
    in_transaction(send_code).defer(link_id=link.pk)


@app.task(name="workflow.send_guest_code", queue=mail.QUEUE, retry=mail.RETRY, pass_context=True)
def send_code(context: JobContext, *, link_id: int) -> None:
    """Draw a code, keep its hash, mail it; run again, it draws another and the first is void."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        link = GuestLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link_id)
        link.code_hash = code_hash(link, code)
        link.code_expires_at = timezone.now() + CODE_LASTS
        link.code_tries = 0
        link.save(update_fields=["code_hash", "code_expires_at", "code_tries"])
        subject, body = _code_letter(link)
        # of an earlier try there is nothing to tell: its code is void
        link.contact.mails.filter(subject=mail.in_one_line(subject), fate=Fate.QUEUED).delete()
        kept = keep(link.contact, subject, body % {"code": mail.HIDDEN})
    headers = {"Message-ID": kept.message_id, **_thread(link.contact.contract)}
    try:  # here and now: this is the worker
        mail.submit(to=kept.address, subject=kept.subject, body=body % {"code": code}, headers=headers)
    except mail.MailNotSent as error:
        if error.is_for_good:
            mail.settle(kept, Fate.REFUSED, error.code)
            return
        if context.job.attempts >= mail.ATTEMPTS:
            mail.settle(kept, Fate.GIVEN_UP, error.code)
        raise
    mail.settle(kept, Fate.HANDED_OVER)


def _code_letter(link: GuestLink) -> tuple[str, str]:
    """Return the subject, and the words with « %(code)s » where the code goes."""
    contract = link.contact.contract
    with translation.override(mail.LANGUAGE):
        # mail servers write subjects into their logs: the code is not in it
        subject = _("Votre code pour %(reference)s") % {"reference": contract.reference}
        body = _(
            "Votre code est %(code)s. Il vaut jusqu’au %(until)s et ne sert qu’une fois.\n\n"
            "Tapez-le dans la page que vous avez ouverte pour « %(title)s ». "
            "Personne ne vous le demandera par téléphone ni par courriel.\n"
        )
        title = contract.title.replace("%", "%%")
        return subject, body % {"code": "%(code)s", "until": moment(link.code_expires_at), "title": title}


def code_hash(link: GuestLink, code: str) -> str:
    """Return the keyed hash by which a code of this link is recognised, 64 hexadecimal digits.

    Keyed with the installation's secret: six digits would be found at once from a plain hash.
    """
    return salted_hmac("workflow.guest_code", f"{link.pk}:{code}", algorithm="sha256").hexdigest()
