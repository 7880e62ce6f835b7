"""The rows of every room, named here so that one app keeps one chain of migrations."""

from workflow.council.models import CouncilResolution
from workflow.diagnostic.models import (
    Contribution,
    DiagnosticFigure,
    DiagnosticFile,
    Synthesis,
    SynthesisAnswer,
)
from workflow.drafting.models import DraftImport, DraftPrint, Suggestion
from workflow.engine.models import Circuit, CsiProcess, LostJob, SigningRound
from workflow.evidence.models import EvidenceFile
from workflow.guests.models import Contact, GuestLink
from workflow.news.push_models import PushDevice
from workflow.notices.models import CalendarFeed, KeptMail, MailChoice, Notice, QueuedMail
from workflow.opening.models import Opening, OrganisationRequest
from workflow.opinions.models import Approval, Opinion, OpinionDraft, Silence
from workflow.opinions.note_models import InternalNote
from workflow.platform.models import PageText
from workflow.procedures.models import Abandonment, Recall
from workflow.record.models import Anchor, Event, JournalEntry, SentForm, UnsentForm
from workflow.reminders.models import Reminder, ReminderPass
from workflow.signing.models import AcceptedHolder, AcceptedWarning, Refusal, Rehearsal, SigningAct
from workflow.standing.models import DailyPass, Transfer
from workflow.steering.models import SavedFilter

__all__ = [
    "Abandonment",
    "AcceptedHolder",
    "AcceptedWarning",
    "Anchor",
    "Approval",
    "CalendarFeed",
    "Circuit",
    "Contact",
    "Contribution",
    "CouncilResolution",
    "CsiProcess",
    "DailyPass",
    "DraftImport",
    "DraftPrint",
    "Event",
    "EvidenceFile",
    "DiagnosticFigure",
    "GuestLink",
    "InternalNote",
    "JournalEntry",
    "KeptMail",
    "LostJob",
    "MailChoice",
    "Notice",
    "Opening",
    "Opinion",
    "OpinionDraft",
    "OrganisationRequest",
    "PageText",
    "PushDevice",
    "QueuedMail",
    "Recall",
    "Refusal",
    "Rehearsal",
    "Reminder",
    "ReminderPass",
    "SavedFilter",
    "SentForm",
    "SigningAct",
    "SigningRound",
    "Silence",
    "DiagnosticFile",
    "Suggestion",
    "Synthesis",
    "SynthesisAnswer",
    "Transfer",
    "UnsentForm",
]
