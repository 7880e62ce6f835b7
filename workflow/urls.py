"""The addresses of the work: paths in French, for people; names in English, for us."""

from __future__ import annotations

from django.urls import path

from workflow.board import afterwards, documents
from workflow.board import views as board_views
from workflow.card import program_views as card_program
from workflow.card import views as card_views
from workflow.diagnostic import views as diagnostic_views
from workflow.drafting import (
    annex_views,
    clause_views,
    editor_views,
    figure_views,
    preview_views,
    suggestion_views,
)
from workflow.drafting import import_views as drafts_sent
from workflow.drafting import views as drafting_views
from workflow.evidence import views as evidence_views
from workflow.guests import contact_views
from workflow.guests import views as guests_views
from workflow.inbox import views as inbox_views
from workflow.keys import csc_views as csc_keys
from workflow.keys import views as keys_views
from workflow.live import missed
from workflow.news import feed_views, push_views, told_views
from workflow.news import views as news_views
from workflow.opening import request_views, running_views
from workflow.opening import views as opening_views
from workflow.operations import views as operations_views
from workflow.opinions import note_views
from workflow.opinions import views as opinions_views
from workflow.organisations import absence_views, register_views
from workflow.organisations import views as organisations_views
from workflow.platform import (
    code_views,
    correction_views,
    first_views,
    import_views,
    key_views,
    list_views,
    page_views,
)
from workflow.platform import views as platform_views
from workflow.powers import invitation_views, together_views
from workflow.powers import views as powers_views
from workflow.privacy import views as privacy_views
from workflow.procedures import abandon_views, recall_views
from workflow.proofs import views as proofs_views
from workflow.reminders import views as reminders_views
from workflow.signing import csc_views, holder_views, launch_views, many_views
from workflow.signing import views as signing_views
from workflow.steering import views as steering_views
from workflow.tasks import transfer_views
from workflow.tasks import views as tasks_views
from workflow.verification import views as verification_views

BASE = "contrats/<int:contract>/"
OPENING = f"{BASE}ouverture/"
DRAFT = f"{BASE}redaction/"
TASK = f"{BASE}taches/<int:task>/"
ORGANISATION = "organisations/<int:organisation>/"
GRANT = "pouvoirs/<int:grant>/"
TOGETHER = "pouvoirs/ensemble/"
PLATFORM_ORGANISATION = f"plateforme/{ORGANISATION}"
JOBS = "plateforme/traitements/"
KEYS = "compte/moyens-de-signature/"
REMOTE = "signature-a-distance/"
CARD = "carte/v1/"  # what the program of a card asks, not a page
GUEST = "avis-demandes/<slug:identifier>/"

urlpatterns = [
    path("", inbox_views.inbox, name="inbox"),
    path("corbeilles/compteurs/", inbox_views.basket_counters, name="basket_counters"),
    path("corbeilles/<slug:basket>/", inbox_views.basket, name="basket"),
    path("corbeilles/<slug:basket>/liste/", inbox_views.basket_list, name="basket_list"),
    path("en-direct/", missed.missed_events, name="missed_events"),
    path("nombre/", figure_views.figure, name="figure"),
    # news
    path("nouvelles/", news_views.news, name="news"),
    path("nouvelles/liste/", news_views.news_list, name="news_list"),
    path("nouvelles/lues/", news_views.news_read, name="news_read"),
    path("nouvelles/courriels/", news_views.mail_choice, name="mail_choice"),
    path("nouvelles/calendriers/", feed_views.calendars, name="calendars"),
    path("nouvelles/calendriers/<int:feed>/retrait/", feed_views.calendar_withdraw, name="calendar_withdraw"),
    path("calendriers/<slug:feed_key>.ics", feed_views.calendar_feed, name="calendar_feed"),
    path("nouvelles/appareils/", push_views.push_device_add, name="push_device_add"),
    path(
        "nouvelles/appareils/<int:device>/retrait/", push_views.push_device_remove, name="push_device_remove"
    ),
    path("nouvelles/<int:notice>/", news_views.news_open, name="news_open"),
    # the contract
    path("contrats/", board_views.contract_list, name="contract_list"),
    # many contracts at once
    path("pilotage/", steering_views.contracts_steered, name="contracts_steered"),
    path(
        "pilotage/export.<slug:extension>",
        steering_views.contracts_steered_table,
        name="contracts_steered_table",
    ),
    path("pilotage/filtres/", steering_views.saved_filter_add, name="saved_filter_add"),
    path(
        "pilotage/filtres/<int:saved_filter>/",
        steering_views.saved_filter_change,
        name="saved_filter_change",
    ),
    # a contract in preparation
    path("contrats/ouverture/", opening_views.opening_new, name="opening_new"),
    path("contrats/preparations/", opening_views.preparations, name="preparations"),
    path(OPENING, opening_views.opening_review, name="opening_review"),
    path(f"{OPENING}abandon/", opening_views.opening_drop, name="opening_drop"),
    path(f"{OPENING}lettre.pdf", opening_views.opening_letter, name="opening_letter"),
    path(f"{OPENING}<slug:page>/", opening_views.opening_page, name="opening_page"),
    path(BASE, board_views.contract, name="contract"),
    path(f"{BASE}prevenus/", told_views.contract_told, name="contract_told"),
    path(f"{BASE}prevenus.csv", told_views.contract_told_table, name="contract_told_table"),
    path(f"{BASE}echeances/", reminders_views.contract_terms, name="contract_terms"),
    path(f"{TASK}echeance/", reminders_views.term_extend, name="term_extend"),
    path(f"{BASE}en-direct/", board_views.contract_live, name="contract_live"),
    path(f"{BASE}processus.bpmn", board_views.contract_bpmn, name="contract_bpmn"),
    path(f"{BASE}processus.json", board_views.contract_process, name="contract_process"),
    # its documents
    path(f"{BASE}versions/<int:number>/", documents.version, name="version"),
    path(f"{BASE}versions/<int:number>/contrat.pdf", documents.version_pdf, name="version_pdf"),
    path(
        f"{BASE}versions/<int:number>/export.<slug:extension>",
        documents.version_export,
        name="version_export",
    ),
    path(f"{BASE}versions/<int:number>/annexes/<int:annex>/", documents.version_annex, name="version_annex"),
    path(f"{BASE}resultat/", documents.result, name="result"),
    path(f"{BASE}contrat-signe.pdf", documents.signed_pdf, name="signed_pdf"),
    path(f"{BASE}journal.json", documents.journal, name="journal"),
    path(f"{BASE}preuves/", evidence_views.evidence_ask, name="evidence_ask"),
    path(f"{BASE}preuves.zip", evidence_views.evidence_file, name="evidence_file"),
    path(f"{BASE}versement-seda/", evidence_views.transfer_ask, name="transfer_ask"),
    path(f"{BASE}versement-seda.zip", evidence_views.transfer_file, name="transfer_file"),
    # its diagnostic
    path(f"{BASE}diagnostic/", diagnostic_views.diagnostic, name="diagnostic"),
    path(f"{BASE}diagnostic/fichiers/<int:file>/", diagnostic_views.diagnostic_file, name="diagnostic_file"),
    path(f"{TASK}carence/", diagnostic_views.contribution_missing, name="contribution_missing"),
    # its draft
    path(DRAFT, editor_views.draft_editor, name="draft_editor"),
    path(f"{DRAFT}clauses/", clause_views.draft_clauses, name="draft_clauses"),
    path(f"{DRAFT}clauses/ajout/", clause_views.clause_add, name="clause_add"),
    path(f"{DRAFT}clauses/<slug:key>/", clause_views.clause_edit, name="clause_edit"),
    path(f"{DRAFT}clauses/<slug:key>/origine/", clause_views.clause_restore, name="clause_restore"),
    path(f"{DRAFT}clauses/<slug:key>/ordre/", clause_views.clause_move, name="clause_move"),
    path(
        f"{DRAFT}signataires/<int:signatory>/habilitation/",
        clause_views.signatory_empower,
        name="signatory_empower",
    ),
    path(f"{DRAFT}annexes/", annex_views.draft_annexes, name="draft_annexes"),
    path(f"{DRAFT}annexes/ajout/", annex_views.annex_add, name="annex_add"),
    path(f"{DRAFT}annexes/<int:annex>/", annex_views.annex_edit, name="annex_edit"),
    path(f"{DRAFT}annexes/<int:annex>/retrait/", annex_views.annex_withdraw, name="annex_withdraw"),
    path(f"{DRAFT}annexes/<int:annex>/ordre/", annex_views.annex_move, name="annex_move"),
    path(f"{DRAFT}annexes/<int:annex>/fichier/", annex_views.annex_file, name="annex_file"),
    path(f"{DRAFT}apercu/", preview_views.text_preview, name="text_preview"),
    path(f"{DRAFT}projet/", preview_views.draft_preview, name="draft_preview"),
    path(f"{DRAFT}projet.pdf", preview_views.draft_pdf, name="draft_pdf"),
    path(f"{DRAFT}export.<slug:extension>", preview_views.draft_export, name="draft_export"),
    path(f"{DRAFT}import/", drafts_sent.draft_import, name="draft_import"),
    path(f"{DRAFT}import/lignes/<int:page>/", drafts_sent.draft_import_lines, name="draft_import_lines"),
    path(f"{DRAFT}contrat/", drafting_views.contract_edit, name="contract_edit"),
    path(f"{DRAFT}volets/ajout/", drafting_views.volet_add, name="volet_add"),
    path(f"{DRAFT}volets/<int:volet>/", drafting_views.volet_edit, name="volet_edit"),
    path(f"{DRAFT}volets/<int:volet>/proposition/", suggestion_views.volet_suggest, name="volet_suggest"),
    path(
        f"{DRAFT}engagements/<int:commitment>/proposition/",
        suggestion_views.commitment_suggest,
        name="commitment_suggest",
    ),
    path(f"{DRAFT}propositions/<int:suggestion>/", suggestion_views.suggestion, name="suggestion"),
    path(f"{DRAFT}volets/<int:volet>/suppression/", drafting_views.volet_delete, name="volet_delete"),
    path(f"{DRAFT}volets/<int:volet>/ordre/", drafting_views.volet_move, name="volet_move"),
    path(
        f"{DRAFT}volets/<int:volet>/engagements/ajout/", drafting_views.commitment_add, name="commitment_add"
    ),
    path(f"{DRAFT}engagements/<int:commitment>/", drafting_views.commitment_edit, name="commitment_edit"),
    path(
        f"{DRAFT}engagements/<int:commitment>/suppression/",
        drafting_views.commitment_delete,
        name="commitment_delete",
    ),
    path(
        f"{DRAFT}engagements/<int:commitment>/ordre/", drafting_views.commitment_move, name="commitment_move"
    ),
    # its tasks
    path(TASK, tasks_views.task, name="task"),
    path(f"{TASK}fait/", afterwards.task_done, name="task_done"),
    path(f"{TASK}prise-en-charge/", tasks_views.task_take, name="task_take"),
    path(f"{TASK}relance/", tasks_views.job_retry, name="job_retry"),
    path(f"{TASK}avis/brouillon/", opinions_views.opinion_draft, name="opinion_draft"),
    path(f"{BASE}avis/<int:opinion>/recepisse/", opinions_views.opinion_receipt, name="opinion_receipt"),
    path(f"{TASK}notes/", note_views.note_add, name="note_add"),
    path(f"{TASK}confirmation/", signing_views.sign_confirm, name="sign_confirm"),
    path(f"{TASK}confirmation/cle/", signing_views.sign_challenge, name="sign_challenge"),
    path(f"{TASK}depot/", signing_views.sign_upload, name="sign_upload"),
    path(f"{TASK}carte/", card_views.card_code, name="card_code"),
    path(f"{TASK}annulation/", signing_views.sign_cancel, name="sign_cancel"),
    path(f"{TASK}refus/", signing_views.sign_refuse, name="sign_refuse"),
    path(f"{TASK}document.pdf", signing_views.task_document, name="task_document"),
    path(f"{BASE}signataires/<int:signatory>/nom/", holder_views.holder_accept, name="holder_accept"),
    path(f"{BASE}avant-signature/", launch_views.launch_table, name="launch_table"),
    path(f"{BASE}cadre/", running_views.contract_framework, name="contract_framework"),
    path(f"{BASE}abandon/", abandon_views.contract_abandon, name="contract_abandon"),
    path(f"{BASE}retrait/", recall_views.version_recall, name="version_recall"),
    path(f"{TASK}confier/", transfer_views.task_transfer, name="task_transfer"),
    path(f"{TASK}reprise/", transfer_views.transfer_end, name="transfer_end"),
    # an organisation: who may sign, who is away
    path(f"{ORGANISATION}habilitations/", register_views.register, name="register"),
    path(f"{ORGANISATION}habilitations/ajout/", register_views.authority_add, name="authority_add"),
    path(
        f"{ORGANISATION}habilitations/<int:authority>/fin/",
        register_views.authority_end,
        name="authority_end",
    ),
    path(
        f"{ORGANISATION}habilitations/<int:authority>/acte.pdf",
        register_views.authority_document,
        name="authority_document",
    ),
    path(f"{ORGANISATION}absences/", absence_views.absences, name="absences"),
    path(f"{ORGANISATION}absences/ajout/", absence_views.absence_add, name="absence_add"),
    path(f"{ORGANISATION}absences/<int:absence>/fin/", absence_views.absence_end, name="absence_end"),
    path(
        f"{ORGANISATION}mandats/<int:mandate>/passation/",
        absence_views.mandate_handover,
        name="mandate_handover",
    ),
    # whom its organisations want asked
    path(f"{BASE}contacts/", contact_views.contacts, name="contacts"),
    path(f"{BASE}contacts/<int:contact>/envoi/", contact_views.contact_send, name="contact_send"),
    path(f"{BASE}contacts/<int:contact>/retrait/", contact_views.contact_remove, name="contact_remove"),
    # the guests, from the link of a mail: open to all, and worth nothing without the code
    path(GUEST, guests_views.guest_link, name="guest_link"),
    path(f"{GUEST}envoi-du-code/", guests_views.guest_code_ask, name="guest_code_ask"),
    path(f"{GUEST}code/", guests_views.guest_code, name="guest_code"),
    path(f"{GUEST}nouveau-lien/", guests_views.guest_link_renew, name="guest_link_renew"),
    path(f"{GUEST}pas-moi/", guests_views.guest_report, name="guest_report"),
    path(f"{GUEST}recepisse/", guests_views.guest_receipt, name="guest_receipt"),
    # an organisation, by its administrator
    path(ORGANISATION, organisations_views.organisation, name="organisation"),
    path(f"{ORGANISATION}invitations/ajout/", organisations_views.invitation_add, name="invitation_add"),
    path(
        f"{ORGANISATION}invitations/<int:invitation>/annulation/",
        organisations_views.invitation_cancel,
        name="invitation_cancel",
    ),
    path(f"{ORGANISATION}fonctions/ajout/", organisations_views.office_add, name="office_add"),
    path(f"{ORGANISATION}mandats/ajout/", organisations_views.mandate_add, name="mandate_add"),
    path(
        f"{ORGANISATION}mandats/<int:mandate>/retrait/",
        organisations_views.mandate_withdraw,
        name="mandate_withdraw",
    ),
    path(f"{ORGANISATION}preuve/", organisations_views.signing_proof, name="signing_proof"),
    path(f"{ORGANISATION}preuves/<int:means_id>/code/", proofs_views.means_code, name="means_code"),
    path("compte/donnees/", privacy_views.own_data, name="account_data"),
    path(f"{ORGANISATION}moyens/", keys_views.waiting_keys, name="waiting_keys"),
    path(f"{ORGANISATION}moyens/<int:key>/", keys_views.key_confirm, name="key_confirm"),
    path(f"{KEYS}carte/", card_views.card_enrol, name="card_enrol"),
    path(f"{CARD}open", card_program.card_open, name="card_open"),
    path(f"{CARD}document", card_program.card_document, name="card_document"),
    path(f"{CARD}state", card_program.card_state, name="card_state"),
    path(f"{CARD}value", card_program.card_value, name="card_value"),
    path(f"{CARD}certificate", card_program.card_certificate, name="card_certificate"),
    path(KEYS, keys_views.signing_keys, name="signing_keys"),
    path(f"{KEYS}a-distance/", csc_keys.csc_enrol, name="csc_enrol"),
    path(f"{KEYS}a-distance/<slug:service_code>/", csc_keys.csc_choose, name="csc_choose"),
    path("signatures/", many_views.sign_many, name="sign_many"),
    path("signatures/confirmation/", many_views.sign_many_confirm, name="sign_many_confirm"),
    path("signatures/defi/", many_views.sign_many_challenge, name="sign_many_challenge"),
    path("signatures/suite/", many_views.sign_many_done, name="sign_many_done"),
    path(f"{REMOTE}partir/", csc_views.csc_leave, name="csc_leave"),
    path(f"{REMOTE}aller/<int:errand>/", csc_views.csc_go, name="csc_go"),
    path(f"{REMOTE}retour/", csc_views.csc_back, name="csc_back"),
    path(f"{REMOTE}codes/", csc_views.csc_codes, name="csc_codes"),
    path(f"{REMOTE}attente/<slug:service_code>/", csc_views.csc_later, name="csc_later"),
    path(f"{KEYS}<int:key>/retrait/", keys_views.key_withdraw, name="key_withdraw"),
    path("compte/preuves/", proofs_views.own_means, name="account_means"),
    # powers that wait for a second person
    path("pouvoirs/", powers_views.grants, name="grants"),
    path(TOGETHER, together_views.grants_together, name="grants_together"),
    path(f"{TOGETHER}cle/", together_views.grants_together_challenge, name="grants_together_challenge"),
    path(f"{TOGETHER}confirmation/", together_views.grants_together_do, name="grants_together_do"),
    path(GRANT, powers_views.grant, name="grant"),
    path(f"{GRANT}acte.pdf", powers_views.grant_document, name="grant_document"),
    path(f"{GRANT}preuve/", powers_views.grant_prove, name="grant_prove"),
    path(f"{GRANT}preuve/cle/", powers_views.grant_challenge, name="grant_challenge"),
    path(f"{GRANT}confirmation/", powers_views.grant_confirm, name="grant_confirm"),
    path(f"{GRANT}refus/", powers_views.grant_refuse, name="grant_refuse"),
    path(f"{GRANT}retrait/", powers_views.grant_withdraw, name="grant_withdraw"),
    # the platform, by its administrators
    path("plateforme/", platform_views.organisations, name="platform"),
    path(
        "plateforme/organisations/ajout/", platform_views.organisation_add, name="platform_organisation_add"
    ),
    path(f"plateforme/{ORGANISATION}", platform_views.organisation, name="platform_organisation"),
    path(
        f"plateforme/{ORGANISATION}fiche/",
        platform_views.organisation_edit,
        name="platform_organisation_edit",
    ),
    path(f"plateforme/{ORGANISATION}fonctions/ajout/", platform_views.office_add, name="platform_office_add"),
    path(
        f"{PLATFORM_ORGANISATION}rattachement/",
        correction_views.organisation_attach,
        name="platform_organisation_attach",
    ),
    path(
        f"{PLATFORM_ORGANISATION}nature/",
        correction_views.organisation_kind,
        name="platform_organisation_kind",
    ),
    path(
        f"{PLATFORM_ORGANISATION}fonctions/<int:office>/",
        correction_views.office_edit,
        name="platform_office_edit",
    ),
    path(
        f"{PLATFORM_ORGANISATION}mandats/<int:mandate>/fin/",
        correction_views.mandate_end,
        name="platform_mandate_end",
    ),
    path("plateforme/demandes/", request_views.organisation_requests, name="organisation_requests"),
    path("plateforme/demandes/<int:asked>/", request_views.organisation_request, name="organisation_request"),
    path(
        "plateforme/demandes/<int:asked>/creation/",
        request_views.organisation_request_create,
        name="organisation_request_create",
    ),
    path(
        "plateforme/demandes/<int:asked>/refus/",
        request_views.organisation_request_refuse,
        name="organisation_request_refuse",
    ),
    path("plateforme/import/", import_views.import_file, name="platform_import"),
    path("plateforme/import/modele.csv", import_views.template, name="platform_import_template"),
    path("plateforme/import/confirmation/", import_views.import_confirm, name="platform_import_confirm"),
    path("plateforme/preuves/<int:means_id>/code/", code_views.proof_code, name="platform_proof_code"),
    path("plateforme/administrateurs/", platform_views.administrators, name="platform_administrators"),
    path("plateforme/certificats/", key_views.platform_keys, name="platform_keys"),
    path("plateforme/listes-de-confiance/", list_views.trusted_lists, name="trusted_lists"),
    path("plateforme/pages/", page_views.public_pages, name="public_pages"),
    path("plateforme/pages/<slug:page>/", page_views.public_page_edit, name="public_page_edit"),
    path(JOBS, operations_views.failed_jobs, name="failed_jobs"),
    path(
        "plateforme/traitements/<int:job>/relance/",
        operations_views.failed_job_retry,
        name="failed_job_retry",
    ),
    # open to all; the first two while the platform has no administrator
    path("premiere-installation/", first_views.installation, name="first_installation"),
    path("premiere-installation/compte/", first_views.administrator, name="first_administrator"),
    path("invitations/", invitation_views.invitation, name="invitation"),
    path("invitations/ouverte/", invitation_views.invitation_opened, name="invitation_opened"),
    path("donnees-personnelles/", privacy_views.personal_data, name="personal_data"),
    path("confiance/racine.pem", verification_views.trust_root, name="trust_root"),
    path("verifier/", verification_views.verify, name="verify"),
    path("verifier/rapport/", verification_views.verify_report, name="verify_report"),
    path("v/<slug:mark>", verification_views.verify_short, name="verify_short"),
]
