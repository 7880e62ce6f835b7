"""The receipt of an opinion: on a page, as a file to keep, and by mail to a guest."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from stakeholders.wording import moment
from workflow.notices import mail
from workflow.opinions.models import Opinion

FILE = "fichier"  # in the query: the receipt as a file


def receipt(opinion: Opinion) -> str:
    """Return the receipt in plain text: who answered, as what, when, what, on which exact text."""
    version = opinion.version
    said = [
        (_("Contrat"), f"{version.contract.title} ({version.contract.reference})"),
        (_("Avis"), opinion.get_value_display()),
        (_("Réserves ou observations"), opinion.reason),
        (_("Donné par"), str(opinion.author)),
        (_("En qualité de"), opinion.quality or str(opinion.mandate)),
        (_("Le"), moment(opinion.at)),
        (_("Sur"), str(version)),
        (_("Empreinte du texte (SHA-256)"), opinion.version_sha256),
    ]
    lines = [_("%(label)s : %(fact)s") % {"label": label, "fact": fact} for label, fact in said if fact]
    return "\n".join([_("Récépissé d’avis"), "", *lines, ""])


def as_file(opinion: Opinion) -> HttpResponse:
    """Answer with the receipt as a text file."""
    name = f"recepisse-{opinion.version.contract.reference}-version-{opinion.version.number}.txt"
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return HttpResponse(receipt(opinion), content_type="text/plain; charset=utf-8", headers=headers)


def mail_receipt(opinion: Opinion) -> None:
    """Mail the author a copy, in the caller's transaction."""
    with translation.override(mail.LANGUAGE):
        facts = {"reference": opinion.version.contract.reference, "receipt": receipt(opinion)}
        subject = _("Votre avis est enregistré (%(reference)s)") % facts
        body = _(
            "Votre avis est enregistré. Rien d’autre n’est attendu de vous sur cette version. Si le texte "
            "change et que votre avis est de nouveau nécessaire, un autre courriel vous le dira."
            "\n\n%(receipt)s"
        )
    mail.defer_mail(
        to=opinion.author.email,
        subject=subject,
        body=body % facts,
        person=opinion.author,
        contract=opinion.version.contract,
    )
