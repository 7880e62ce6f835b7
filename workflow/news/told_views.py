"""The pilots see who was told of what in their contract, when, by which way, and whether it arrived."""

from __future__ import annotations

import csv
import io

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contracts.exports.tables import harmless
from contracts.models import Contract
from stakeholders.wording import moment
from workflow.engine.tasks import is_open
from workflow.news.centre import NEWEST_FIRST, say
from workflow.news.kinds import KINDS
from workflow.notices.models import KeptMail, Notice
from workflow.tasks.access import pilot_for
from workflow.tasks.answers import Request, member
from workflow.tasks.keyset import Listing

EXPORTED_AT_MOST = 20_000
LETTERS = 100  # on the page, the newest; the table has them all


def _told(contract: Contract) -> QuerySet[Notice]:
    return Notice.objects.filter(contract=contract)


def _letters(contract: Contract) -> QuerySet[KeptMail]:
    """Return the mails that carry no news: a contact's link and code, a receipt, a change of signatories."""
    of_news = Exists(Notice.objects.filter(mail=OuterRef("pk")))
    return KeptMail.objects.filter(~of_news, contract=contract).select_related("contact", "person")


def _in_full(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    return rows.select_related("person", "event", "contract", "task", "mail")


def _is_planned(notice: Notice) -> bool:
    """Whether a mail will leave, as far as is known now."""
    is_over = notice.task is not None and not is_open(notice.task)
    return notice.mail_at is not None and notice.read_at is None and not is_over


@require_safe
@member
def contract_told(request: Request, contract: int) -> HttpResponse:
    """Who was told, the newest first; and the mails that did not arrive, first of all."""
    found = pilot_for(request.user, contract)
    listing = Listing(lambda: _in_full(Notice.objects.all()), lambda: [_told(found)], NEWEST_FIRST)
    page = listing.page(request.GET.get("page", ""))
    context = {
        "contract": found,
        "page": page,
        "rows": [(notice, say(notice), _is_planned(notice)) for notice in page.rows],
        "mails": _letters(found).order_by("-pk")[:LETTERS],
    }
    return render(request, "news/told.html", context)


@require_safe
@member
def contract_told_table(request: Request, contract: int) -> HttpResponse:
    """The same as a table for a spreadsheet, in which no text can run as a formula."""
    found = pilot_for(request.user, contract)
    page = io.StringIO(newline="")
    writer = csv.writer(page, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            _("Le"),
            _("Personne"),
            _("Objet"),
            _("Nouvelle"),
            _("Lue le"),
            _("Courriel du"),
            _("Sort du courriel"),
        ]
    )
    rows = _in_full(_told(found)).order_by("pk")[:EXPORTED_AT_MOST]
    for notice in rows.iterator(chunk_size=2000):
        mail = notice.mail
        told = (
            moment(notice.at),
            str(notice.person),
            str(KINDS[notice.kind].label),
            say(notice).sentence,
            moment(notice.read_at),
            moment(mail.at) if mail else "",
            mail.get_fate_display() if mail else "",
        )
        writer.writerow([harmless(cell) for cell in told])
    for letter in _letters(found).order_by("pk")[:EXPORTED_AT_MOST]:
        at = moment(letter.at)
        words = _("Courriel à un contact") if letter.contact else _("Courriel")
        sent = (at, str(letter.reader), words, letter.subject, "", at, letter.get_fate_display())
        writer.writerow([harmless(cell) for cell in sent])
    name = slugify(f"{found.reference} prevenus")
    return HttpResponse(
        page.getvalue().encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
