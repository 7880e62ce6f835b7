"""Every address of the application: on which scene it is tried, with which arguments, whose it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.models import Contract
from stakeholders.models import User
from tests.workflow.address_arguments import (
    absence,
    absentee,
    annex,
    authority,
    clause,
    commitment,
    contact,
    contribution,
    diagnostic_file,
    draft_in_print,
    frozen_annex,
    grant,
    invited,
    job,
    mandate,
    none,
    opinion,
    organisation,
    prefecture,
    preparation,
    preparation_page,
    proposed,
    review,
    signatory,
    signature,
    signed,
    unproved,
    version,
    volet,
)
from tests.workflow.scenes import Scenes

NOBODY: frozenset[str] = frozenset()
PILOTS = frozenset({"pilote_ville", "pilote_prefecture"})
DRAFTERS = PILOTS | {"bailleur_oh", "rtac"}  # the reviewers edit what is theirs and propose the rest
VIEWERS = PILOTS | {
    "prefete",
    "dircab",
    "maire",
    "greffe",
    "dgs",
    "bailleur_oh",
    "rtac",
    "substitute",
    "legalite",
}
# one of each kind of organisation that takes no part in these contracts
ELSEWHERE = frozenset({"procureure", "ddpn", "ggd", "pjj", "spip", "dasen", "rail"})
# « withdrawn » is a landlord's director whose mandate was withdrawn; « guest » came by a link about
# the contract in review, and sees no other; the mandate of « expired » ended yesterday. « substitute »
# is a colleague whom an absence makes a substitute for the landlord's opinions.
STRANGERS = frozenset({"outsider", "bailleur_cl", "admin", "withdrawn", "expired", "guest"}) | ELSEWHERE
EVERYBODY = VIEWERS | STRANGERS
CSV = {"extension": "csv"}


@dataclass(frozen=True)
class Rule:
    """Who may read and who may post; None where the method does not exist; which scene, which arguments."""

    get: frozenset[str] | None
    post: frozenset[str] | None = None
    scene: str = "drafting"
    arguments: Callable[[Scenes, Contract], dict[str, Any]] = lambda _scenes, contract: {
        "contract": contract.pk
    }
    # what follows « ? », where it says of what, as one person has it
    query: Callable[[Scenes, Contract, User | None], dict[str, Any]] | None = None


CITY = frozenset({"pilote_ville"})
LANDLORD = frozenset({"bailleur_oh", "guest", "substitute"})
COLLEAGUES = LANDLORD - {"guest"}
REVIEW_VIEWERS = VIEWERS | {"guest"}
NAMING = PILOTS | {"bailleur_oh", "rtac"}  # both administer their organisation, a reviewer
NAMING_FOR_LANDLORD = PILOTS | {"bailleur_oh"}
PREFECT = frozenset({"prefete", "dircab"})  # he signs by delegation
PREFECTURE = frozenset({"prefete", "dircab", "pilote_prefecture", "legalite"})
CABINET = frozenset({"dircab"})  # administers the prefecture
RULES: dict[str, Rule] = {
    "inbox": Rule(EVERYBODY, arguments=none),
    "basket_counters": Rule(EVERYBODY, arguments=none),
    "missed_events": Rule(EVERYBODY, arguments=none),
    "basket": Rule(EVERYBODY, arguments=lambda _s, _c: {"basket": "a-traiter"}),
    "basket_list": Rule(EVERYBODY, arguments=lambda _s, _c: {"basket": "suivis"}),
    "contract_list": Rule(EVERYBODY, arguments=none),
    "figure": Rule(EVERYBODY, arguments=none),
    "opening_new": Rule(PILOTS, PILOTS, arguments=none),
    "preparations": Rule(PILOTS, arguments=none),
    "opening_review": Rule(CITY, CITY, arguments=preparation),
    "opening_page": Rule(CITY, CITY, arguments=preparation_page),
    "opening_drop": Rule(CITY, CITY, arguments=preparation),
    "opening_letter": Rule(CITY, arguments=preparation),
    "contract": Rule(REVIEW_VIEWERS, scene="review"),
    "contract_live": Rule(REVIEW_VIEWERS, scene="review"),
    "contract_bpmn": Rule(REVIEW_VIEWERS, scene="review"),
    "contract_process": Rule(REVIEW_VIEWERS, scene="review"),
    "version": Rule(REVIEW_VIEWERS, scene="review", arguments=version),
    "opinion_receipt": Rule(VIEWERS, scene="sealed", arguments=opinion),
    "version_pdf": Rule(REVIEW_VIEWERS, scene="review", arguments=version),
    "version_export": Rule(REVIEW_VIEWERS, scene="review", arguments=lambda s, c: version(s, c) | CSV),
    "result": Rule(VIEWERS, scene="sealed"),
    "signed_pdf": Rule(VIEWERS, scene="sealed"),
    "journal": Rule(VIEWERS, scene="sealed"),
    "evidence_ask": Rule(None, VIEWERS, scene="sealed"),
    "evidence_file": Rule(VIEWERS, scene="sealed"),
    "transfer_ask": Rule(None, PILOTS, scene="sealed"),
    "transfer_file": Rule(PILOTS, scene="sealed"),
    "diagnostic": Rule(VIEWERS, scene="diagnosing"),
    "diagnostic_file": Rule(VIEWERS, scene="diagnosing", arguments=diagnostic_file),
    "contribution_missing": Rule(PILOTS, PILOTS, "diagnosing", contribution),
    "draft_editor": Rule(DRAFTERS),
    "draft_clauses": Rule(DRAFTERS),
    "clause_add": Rule(PILOTS, PILOTS),
    "clause_edit": Rule(PILOTS, PILOTS, arguments=clause),
    "clause_restore": Rule(None, PILOTS, arguments=clause),
    "clause_move": Rule(None, PILOTS, arguments=clause),
    "draft_annexes": Rule(DRAFTERS),
    "annex_add": Rule(PILOTS, PILOTS),
    "annex_edit": Rule(PILOTS, PILOTS, arguments=annex),
    "annex_move": Rule(None, PILOTS, arguments=annex),
    "annex_file": Rule(DRAFTERS, arguments=annex),
    "version_annex": Rule(REVIEW_VIEWERS, scene="review", arguments=frozen_annex),
    "signatory_empower": Rule(PILOTS, PILOTS, arguments=signatory),
    "draft_preview": Rule(DRAFTERS, DRAFTERS),
    "text_preview": Rule(None, DRAFTERS),
    "draft_pdf": Rule(DRAFTERS, arguments=draft_in_print),
    "draft_export": Rule(DRAFTERS, arguments=lambda _s, c: {"contract": c.pk} | CSV),
    "draft_import": Rule(PILOTS, PILOTS),
    "draft_import_lines": Rule(PILOTS, PILOTS, arguments=lambda _s, c: {"contract": c.pk, "page": 1}),
    "contract_edit": Rule(PILOTS, PILOTS),
    "suggestion": Rule(DRAFTERS, PILOTS, arguments=proposed),
    "volet_suggest": Rule(DRAFTERS, DRAFTERS, arguments=volet),
    "commitment_suggest": Rule(DRAFTERS, DRAFTERS, arguments=commitment),
    "volet_add": Rule(PILOTS, PILOTS),
    "volet_edit": Rule(PILOTS, PILOTS, arguments=volet),
    "volet_move": Rule(None, PILOTS, arguments=volet),
    "commitment_add": Rule(PILOTS, PILOTS, arguments=volet),
    "commitment_edit": Rule(PILOTS, PILOTS, arguments=commitment),
    "commitment_move": Rule(None, PILOTS, arguments=commitment),
    "contacts": Rule(NAMING, NAMING, "review"),
    "contact_send": Rule(None, NAMING_FOR_LANDLORD, "review", contact),
    "contract_framework": Rule(PILOTS, PILOTS, scene="review"),
    "contract_abandon": Rule(PILOTS, PILOTS, scene="review"),
    "version_recall": Rule(PILOTS, PILOTS, scene="review"),
    "launch_table": Rule(PILOTS, scene="signing"),
    "holder_accept": Rule(PILOTS, PILOTS, scene="signing", arguments=signatory),
    "task": Rule(LANDLORD, LANDLORD, "review", review),
    "task_done": Rule(frozenset({"prefete"}), scene="sealed", arguments=signed),
    "task_take": Rule(None, LANDLORD, "review", review),
    "opinion_draft": Rule(None, LANDLORD, "review", review),
    "note_add": Rule(None, LANDLORD, "review", review),
    "sign_confirm": Rule(PREFECT, PREFECT, "signing", signature),
    "sign_challenge": Rule(None, PREFECT, "signing", signature),
    "sign_refuse": Rule(PREFECT, PREFECT, "signing", signature),
    "task_document": Rule(PREFECT, None, "signing", signature),
    "task_transfer": Rule(COLLEAGUES, COLLEAGUES, "review", review),
    "transfer_end": Rule(None, COLLEAGUES, "review", review),
    "register": Rule(PREFECTURE, arguments=prefecture),
    "authority_add": Rule(CABINET, CABINET, arguments=prefecture),
    "authority_document": Rule(PREFECTURE, arguments=authority),
    "absences": Rule(PREFECTURE, arguments=prefecture),
    "absence_add": Rule(PREFECTURE, PREFECTURE, arguments=prefecture),
    "absence_end": Rule(None, PREFECT, arguments=absence),
    "mandate_handover": Rule(PREFECT, PREFECT, arguments=absentee),
}
ADMINISTRATOR = frozenset({"dgs"})
APPOINTING = ADMINISTRATOR | {"admin"}  # the platform's gives offices where nobody can yet
MAYOR = frozenset({"maire"})
CONCERNED = ADMINISTRATOR | MAYOR | PILOTS | {"greffe"}  # by an office that the clerk may get
RULES |= {
    "organisation": Rule(ADMINISTRATOR, arguments=organisation),
    "invitation_add": Rule(APPOINTING, APPOINTING, arguments=organisation),
    "invitation_cancel": Rule(None, APPOINTING, arguments=invited),
    "office_add": Rule(ADMINISTRATOR, ADMINISTRATOR, arguments=organisation),
    "mandate_add": Rule(APPOINTING, APPOINTING, arguments=organisation),
    "mandate_withdraw": Rule(ADMINISTRATOR, ADMINISTRATOR, arguments=mandate),
    "signing_proof": Rule(None, ADMINISTRATOR, arguments=organisation),
    "grants": Rule(EVERYBODY, arguments=none),
    "grant": Rule(CONCERNED, arguments=grant),
    "grant_document": Rule(CONCERNED, arguments=grant),
    "grant_prove": Rule(CONCERNED, MAYOR, arguments=grant),
    "grant_challenge": Rule(None, MAYOR, arguments=grant),
    "grant_confirm": Rule(None, MAYOR, arguments=grant),
    "grant_refuse": Rule(None, MAYOR | {"greffe"}, arguments=grant),
    "means_code": Rule(None, ADMINISTRATOR, arguments=unproved),
    "account_data": Rule(EVERYBODY, arguments=none),
}
# Tried last, because somebody entitled changes the scene.
RULES |= {
    "annex_withdraw": Rule(PILOTS, PILOTS, arguments=annex),
    "commitment_delete": Rule(PILOTS, PILOTS, arguments=commitment),
    "volet_delete": Rule(PILOTS, PILOTS, arguments=volet),
    "authority_end": Rule(CABINET, CABINET, arguments=authority),
    "grant_withdraw": Rule(None, ADMINISTRATOR, arguments=grant),
    "contact_remove": Rule(NAMING_FOR_LANDLORD, NAMING_FOR_LANDLORD, "review", contact),
}
ONCE = {
    "contact_remove",
    "annex_withdraw",
}  # what is removed is not found again: the first of those entitled tries it
# Only ever a step of the system that failed: nobody finds one in these scenes.
NEVER = {"job_retry": job}
