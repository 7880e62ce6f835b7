"""All that is known of one person, for that person (RGPD, articles 15 and 20)."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import F, QuerySet
from django.utils import timezone

from signatures.models import SignatureRequest
from stakeholders.models import User
from workflow.drafting.imports import opened
from workflow.drafting.models import DraftImport
from workflow.engine.tasks import CONTRACT
from workflow.news.push_models import PushDevice
from workflow.notices.models import KeptMail, Notice
from workflow.opinions.models import Approval, Opinion, OpinionDraft
from workflow.record.models import JournalEntry
from workflow.reminders.models import Reminder
from workflow.steering.models import SavedFilter


def of(person: User) -> dict[str, Any]:
    """Return it as JSON can hold it: no secret of theirs, and nothing of anybody else."""
    return {
        "exported_at": timezone.now(),
        "account": {
            "email": person.email,
            "civility": person.civility,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "telephone": person.telephone,
            "opened_at": person.date_joined,
            "last_login": person.last_login,
        },
        "offices": [
            {
                "title": mandate.office.title,
                "organisation": mandate.office.organisation.name,
                "starts_on": mandate.starts_on,
                "ends_on": mandate.ends_on,
                "withdrawn_at": mandate.withdrawn_at,
            }
            for mandate in person.mandates.select_related("office__organisation").order_by("pk")
        ],
        "factors": list(Authenticator.objects.filter(user=person).values("type", "created_at")),
        "sessions": list(
            UserSession.objects.filter(user=person).values("created_at", "last_seen_at", "ip", "user_agent")
        ),
        "opinions": _acts(Opinion, person, "value", "reason"),
        "approvals": _acts(Approval, person, "approved", "reason"),
        "imports_under_way": [_import(row) for row in _imports(person)],
        "opinion_drafts": list(
            OpinionDraft.objects.filter(author=person).values("value", "reason", "saved_at")
        ),
        "news": list(
            Notice.objects.filter(person=person)
            .order_by("pk")
            .values("kind", "contract__reference", "at", "read_at")
        ),
        "mails": list(
            KeptMail.objects.filter(person=person)
            .order_by("pk")
            .values("address", "subject", "body", "at", "fate", "fate_at")
        ),
        "reminders": list(
            Reminder.objects.filter(author=person)
            .order_by("pk")
            .values("at", "word", contract=F(f"task__{CONTRACT}__reference"))
        ),
        "push_devices": list(PushDevice.objects.filter(person=person).values("service", "at")),
        "saved_filters": list(SavedFilter.objects.filter(person=person).values("name", "query", "default")),
        "signatures": list(
            SignatureRequest.objects.filter(user=person).values("state", "document_sha256", "signed_at")
        ),
        "journal": list(
            JournalEntry.objects.filter(actor=person)
            .order_by("number")
            .values("number", "at", "verb", "quality", "contract__reference")
        ),
    }


def _imports(person: User) -> QuerySet[DraftImport]:
    return DraftImport.objects.select_related("contract").filter(author=person).order_by("pk")


def _import(row: DraftImport) -> dict[str, Any]:
    """Say what an import under way holds; its file is not kept, its lines are sealed for their author."""
    held = opened(row)
    return {
        "contract__reference": row.contract.reference,
        "saved_at": row.saved_at,
        "sha256": row.sha256,
        "name": held.name if held else "",
        "lines": held.read.data()["lines"] if held else [],
    }


def _acts(model: Any, person: User, *facts: str) -> list[dict[str, Any]]:
    return list(
        model.objects.filter(author=person).values("version__contract__reference", "quality", "at", *facts)
    )
