"""``manage.py check_blobs``: read every stored document that the database names, and name what is lost."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workflow.record.stored import Lost, lost

SHOWN = 5  # rows that name the same document
log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Exits 0 when each document is there as it was stored, 1 when one is not."""

    help = "Relit chaque document enregistré, le compare à son empreinte et nomme ceux qui manquent."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read them all."""
        count, found = lost()
        for one in found:
            log.error("document_lost", fault=one.error.fault, sha256=one.error.sha256)
        if found:
            raise CommandError("\n".join(_told(one) for one in found))
        said = ngettext("%(n)d document relu, intact.", "%(n)d documents relus, tous intacts.", count)
        self.stdout.write(said % {"n": count})


def _told(one: Lost) -> str:
    """Say what is lost, its whole fingerprint, and which rows name it."""
    fault = {
        "missing": _("MANQUANT"),
        "corrupt": _("ALTÉRÉ"),
        "unreadable": _("ILLISIBLE"),
    }[one.error.fault]
    lines = [f"{fault} {one.error.sha256}"]
    lines += [f"  {named}" for named in one.named_by[:SHOWN]]
    if more := len(one.named_by) - SHOWN:
        lines += [_("  et %(n)d autres lignes") % {"n": more}] if more > 0 else []
    return "\n".join(lines)
