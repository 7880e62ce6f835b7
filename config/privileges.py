"""What the runtime role may do to each table: closed, so a table without a line is an error.

The pages and the worker connect with the runtime role, which owns nothing. What was said
stays said: acts, frozen versions, the journal and its anchors are read and added to, and
no more; a few of their columns are filled in once, later, and are named here. A table that
only migrations write is read. ``manage.py migrate`` grants exactly this
(:mod:`config.roles`); a new model, or a new column of a row that is otherwise kept, needs
its line in the same commit.
"""

from __future__ import annotations

READ = "SELECT"
KEPT = "SELECT, INSERT"  # written once: never changed, never deleted
LASTING = "SELECT, INSERT, UPDATE"  # changed, never deleted
FREE = "SELECT, INSERT, UPDATE, DELETE"


def kept_but(*columns: str) -> str:
    """Return the privileges of rows written once, of which only ``columns`` change later."""
    return f"{KEPT}, UPDATE ({', '.join(columns)})"


PRIVILEGES: dict[str, str] = {
    # --- django, guardian
    "auth_group": LASTING,
    "auth_group_permissions": FREE,
    "auth_permission": READ,
    "django_admin_log": KEPT,
    "django_content_type": READ,
    "django_migrations": READ,
    "django_session": FREE,
    "guardian_groupobjectpermission": READ,  # ours have tables of their own
    "guardian_userobjectpermission": READ,
    # --- allauth
    "account_emailaddress": FREE,
    "account_emailconfirmation": FREE,
    "mfa_authenticator": FREE,
    "socialaccount_socialaccount": FREE,
    "socialaccount_socialapp": READ,  # the provider is in the settings
    "socialaccount_socialtoken": FREE,
    "usersessions_usersession": FREE,
    # --- the queue
    "procrastinate_events": FREE,
    "procrastinate_jobs": FREE,
    "procrastinate_periodic_defers": FREE,
    "procrastinate_workers": FREE,
    # --- stakeholders
    "stakeholders_absence": LASTING,
    "stakeholders_firstcode": kept_but("tries", "used_at", "used_by_id"),
    "stakeholders_grant": kept_but(
        *("state", "requested_at", "expires_at", "asked_as"),
        *("settled_by_id", "settled_at", "reason", "immediately", "may_act_from"),
    ),
    "stakeholders_invitation": LASTING,
    "stakeholders_mandate": LASTING,
    "stakeholders_office": LASTING,
    "stakeholders_organisation": LASTING,
    "stakeholders_organisationgrouppermission": FREE,
    "stakeholders_sharedentry": FREE,  # what is counted for minutes
    "stakeholders_signingauthority": LASTING,
    "stakeholders_spending": f"{KEPT}, DELETE",  # forgotten after two days
    "stakeholders_user": LASTING,
    "stakeholders_user_groups": FREE,
    "stakeholders_user_user_permissions": FREE,
    # --- contracts
    "contracts_annex": FREE,
    "contracts_clause": FREE,
    "contracts_commitment": FREE,
    "contracts_commitment_contributors": FREE,
    "contracts_contract": LASTING,
    "contracts_contractaccess": FREE,  # by its triggers
    "contracts_contractgrouppermission": FREE,
    "contracts_contractversion": kept_but("pdf_sha256", "print_edition"),  # known once printed
    "contracts_participation": FREE,  # while it is being prepared, or changed by its pilots
    "contracts_signatory": FREE,  # until the signing opens
    "contracts_versionannex": KEPT,
    "contracts_volet": FREE,
    # --- signatures
    "signatures_cardsession": FREE,  # forgotten as the tries
    "signatures_confirmation": kept_but("used_at"),
    "signatures_enrolledkey": kept_but(
        *("confirmed_at", "confirmed_by_id", "confirmed_why", "ended_at", "ended_why", "last_used_at"),
        *("level", "level_at", "level_basis", "warned_days"),
    ),
    "signatures_envelope": kept_but(
        *("state", "current_sha256", "sealed_sha256", "sealed_at", "proven_until"),
        *("void_reason", "error_code", "error_text"),
    ),
    "signatures_failedconfirmation": f"{KEPT}, DELETE",
    "signatures_keptreport": KEPT,
    "signatures_listtrial": LASTING,  # what became of the last try
    "signatures_passkeychallenge": f"{kept_but('answered_at')}, DELETE",
    "signatures_proofmeans": FREE,  # goes with its passkey or application
    "signatures_lotlpivot": KEPT,
    "signatures_remoteerrand": f"{kept_but('used_at')}, DELETE",
    "signatures_renewal": KEPT,
    "signatures_signaturerequest": kept_but(
        *("state", "resume_state", "prepared_sha256", "final_sha256", "prepared", "raw_signature", "cms"),
        *("error_code", "error_text", "permanent", "attempts", "awaited_until", "supplied_sha256"),
        *("prepared_at", "signed_at", "stamped_at", "done_at", "failed_at"),
    ),
    "signatures_slot": kept_but("signer_id"),
    "signatures_trustedlist": KEPT,
    # --- workflow
    "viewflow_process": LASTING,
    "viewflow_task": LASTING,
    "viewflow_task_previous": FREE,
    "workflow_anchor": KEPT,
    "workflow_abandonment": KEPT,
    "workflow_acceptedholder": KEPT,
    "workflow_acceptedwarning": KEPT,
    "workflow_approval": KEPT,
    "workflow_calendarfeed": FREE,  # renewed and withdrawn by its owner
    "workflow_circuit": KEPT,
    "workflow_contact": kept_but("removed_at", "mandate_id"),
    "workflow_contribution": LASTING,  # until it is sent: its trigger
    "workflow_councilresolution": kept_but(
        *("published_on", "transmitted_on", "received_on", "corrected_at")
    ),
    "workflow_dailypass": KEPT,
    "workflow_diagnosticfigure": FREE,  # as the contribution
    "workflow_diagnosticfile": FREE,
    "workflow_draftimport": FREE,  # until it is taken; sealed; forgotten after a month
    "workflow_draftprint": LASTING,
    "workflow_event": KEPT,
    "workflow_evidencefile": LASTING,
    "workflow_guestlink": kept_but(
        "reported_at", "report", "code_asked_at", "code_hash", "code_expires_at", "code_tries", "mail_id"
    ),
    "workflow_internalnote": KEPT,
    "workflow_journalentry": KEPT,
    "workflow_keptmail": kept_but("fate", "fate_at", "answer", "lost_id") + ", DELETE",  # after a year
    "workflow_lostjob": f"{KEPT}, DELETE",
    "workflow_opinion": KEPT,
    "workflow_opiniondraft": FREE,
    "workflow_mailchoice": FREE,
    "workflow_notice": FREE,  # forgotten after a year
    "workflow_opening": LASTING,
    "workflow_organisationrequest": kept_but(
        *("answer", "organisation_id", "word", "answered_by_id", "answered_at"),
        *("contact_name", "contact_email"),  # forgotten with what was never opened
    ),
    "workflow_pagetext": KEPT,
    "workflow_pushdevice": FREE,  # sealed; goes with its browser
    "workflow_queuedmail": f"{KEPT}, DELETE",  # sealed; goes once sent
    "workflow_recall": KEPT,
    "workflow_refusal": KEPT,
    "workflow_rehearsal": KEPT,
    "workflow_reminder": KEPT,
    "workflow_reminderpass": KEPT,
    "workflow_savedfilter": FREE,
    "workflow_sentform": f"{kept_but('address')}, DELETE",  # forgotten after two days
    "workflow_signingact": KEPT,
    "workflow_signinground": KEPT,
    "workflow_silence": KEPT,
    "workflow_suggestion": kept_but(
        "state", "word", "decided_by_id", "decided_at", "commitment_id", "volet_id"
    ),
    "workflow_synthesis": LASTING,  # until it is sent: its trigger
    "workflow_synthesisanswer": KEPT,
    "workflow_transfer": kept_but("ended_at"),
    "workflow_unsentform": f"{KEPT}, DELETE",  # sealed; forgotten within a day
}


def without_a_line(tables: set[str]) -> list[str]:
    """Return the tables that no line speaks of, in order."""
    return sorted(tables - PRIVILEGES.keys())
