"""The addresses of the work: paths in French, for people; names in English, for us."""

from __future__ import annotations

from django.urls import path

from workflow.views import (
    absences,
    contacts,
    contract,
    documents,
    drafting,
    granting,
    guests,
    inbox,
    invitation,
    notes,
    organisation,
    proofs,
    public,
    register,
    signing,
    tasks,
)

BASE = "contrats/<int:contract>/"
DRAFT = f"{BASE}redaction/"
TASK = f"{BASE}taches/<int:task>/"
ORGANISATION = "organisations/<int:organisation>/"
GRANT = "pouvoirs/<int:grant>/"
GUEST = "avis-demandes/<slug:identifier>/"

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("corbeilles/compteurs/", inbox.basket_counters, name="basket_counters"),
    path("corbeilles/<slug:basket>/", inbox.basket, name="basket"),
    path("corbeilles/<slug:basket>/liste/", inbox.basket_list, name="basket_list"),
    # the contract
    path("contrats/", contract.contract_list, name="contract_list"),
    path(BASE, contract.contract, name="contract"),
    path(f"{BASE}fragments/<slug:fragment>/", contract.contract_fragment, name="contract_fragment"),
    path(f"{BASE}processus.bpmn", contract.contract_bpmn, name="contract_bpmn"),
    path(f"{BASE}processus.json", contract.contract_process, name="contract_process"),
    # its documents
    path(f"{BASE}versions/<int:number>/", documents.version, name="version"),
    path(f"{BASE}versions/<int:number>/contrat.pdf", documents.version_pdf, name="version_pdf"),
    path(f"{BASE}resultat/", documents.result, name="result"),
    path(f"{BASE}contrat-signe.pdf", documents.signed_pdf, name="signed_pdf"),
    path(f"{BASE}journal.json", documents.journal, name="journal"),
    # its draft
    path(DRAFT, drafting.draft_editor, name="draft_editor"),
    path(f"{DRAFT}contrat/", drafting.contract_edit, name="contract_edit"),
    path(f"{DRAFT}volets/ajout/", drafting.volet_add, name="volet_add"),
    path(f"{DRAFT}volets/<int:volet>/", drafting.volet_edit, name="volet_edit"),
    path(f"{DRAFT}volets/<int:volet>/suppression/", drafting.volet_delete, name="volet_delete"),
    path(f"{DRAFT}volets/<int:volet>/ordre/", drafting.volet_move, name="volet_move"),
    path(f"{DRAFT}volets/<int:volet>/engagements/ajout/", drafting.commitment_add, name="commitment_add"),
    path(f"{DRAFT}engagements/<int:commitment>/", drafting.commitment_edit, name="commitment_edit"),
    path(
        f"{DRAFT}engagements/<int:commitment>/suppression/",
        drafting.commitment_delete,
        name="commitment_delete",
    ),
    path(f"{DRAFT}engagements/<int:commitment>/ordre/", drafting.commitment_move, name="commitment_move"),
    # its tasks
    path(TASK, tasks.task, name="task"),
    path(f"{TASK}prise-en-charge/", tasks.task_take, name="task_take"),
    path(f"{TASK}relance/", tasks.job_retry, name="job_retry"),
    path(f"{TASK}avis/brouillon/", tasks.opinion_draft, name="opinion_draft"),
    path(f"{TASK}notes/", notes.note_add, name="note_add"),
    path(f"{TASK}confirmation/", signing.sign_confirm, name="sign_confirm"),
    path(f"{TASK}confirmation/cle/", signing.sign_challenge, name="sign_challenge"),
    path(f"{TASK}refus/", signing.sign_refuse, name="sign_refuse"),
    path(f"{TASK}document.pdf", signing.task_document, name="task_document"),
    path(f"{BASE}retrait/", tasks.version_recall, name="version_recall"),
    path(f"{TASK}confier/", absences.task_transfer, name="task_transfer"),
    path(f"{TASK}reprise/", absences.transfer_end, name="transfer_end"),
    # an organisation: who may sign, who is away
    path(f"{ORGANISATION}habilitations/", register.register, name="register"),
    path(f"{ORGANISATION}habilitations/ajout/", register.authority_add, name="authority_add"),
    path(f"{ORGANISATION}habilitations/<int:authority>/fin/", register.authority_end, name="authority_end"),
    path(
        f"{ORGANISATION}habilitations/<int:authority>/acte.pdf",
        register.authority_document,
        name="authority_document",
    ),
    path(f"{ORGANISATION}absences/", absences.absences, name="absences"),
    path(f"{ORGANISATION}absences/ajout/", absences.absence_add, name="absence_add"),
    path(f"{ORGANISATION}absences/<int:absence>/fin/", absences.absence_end, name="absence_end"),
    path(
        f"{ORGANISATION}mandats/<int:mandate>/passation/", absences.mandate_handover, name="mandate_handover"
    ),
    # whom its organisations want asked
    path(f"{BASE}contacts/", contacts.contacts, name="contacts"),
    path(f"{BASE}contacts/<int:contact>/envoi/", contacts.contact_send, name="contact_send"),
    path(f"{BASE}contacts/<int:contact>/retrait/", contacts.contact_remove, name="contact_remove"),
    # the guests, from the link of a mail: open to all, and worth nothing without the code
    path(GUEST, guests.guest_link, name="guest_link"),
    path(f"{GUEST}envoi-du-code/", guests.guest_code_ask, name="guest_code_ask"),
    path(f"{GUEST}code/", guests.guest_code, name="guest_code"),
    path(f"{GUEST}nouveau-lien/", guests.guest_link_renew, name="guest_link_renew"),
    path(f"{GUEST}pas-moi/", guests.guest_report, name="guest_report"),
    path(f"{GUEST}recepisse/", guests.guest_receipt, name="guest_receipt"),
    # an organisation, by its administrator
    path(ORGANISATION, organisation.organisation, name="organisation"),
    path(f"{ORGANISATION}invitations/ajout/", organisation.invitation_add, name="invitation_add"),
    path(
        f"{ORGANISATION}invitations/<int:invitation>/annulation/",
        organisation.invitation_cancel,
        name="invitation_cancel",
    ),
    path(f"{ORGANISATION}mandats/ajout/", organisation.mandate_add, name="mandate_add"),
    path(
        f"{ORGANISATION}mandats/<int:mandate>/retrait/",
        organisation.mandate_withdraw,
        name="mandate_withdraw",
    ),
    path(f"{ORGANISATION}preuve/", organisation.signing_proof, name="signing_proof"),
    path(f"{ORGANISATION}preuves/<int:means_id>/code/", proofs.means_code, name="means_code"),
    path("compte/preuves/", proofs.own_means, name="account_means"),
    # powers that wait for a second person
    path("pouvoirs/", granting.grants, name="grants"),
    path(GRANT, granting.grant, name="grant"),
    path(f"{GRANT}acte.pdf", granting.grant_document, name="grant_document"),
    path(f"{GRANT}preuve/", granting.grant_prove, name="grant_prove"),
    path(f"{GRANT}preuve/cle/", granting.grant_challenge, name="grant_challenge"),
    path(f"{GRANT}confirmation/", granting.grant_confirm, name="grant_confirm"),
    path(f"{GRANT}refus/", granting.grant_refuse, name="grant_refuse"),
    path(f"{GRANT}retrait/", granting.grant_withdraw, name="grant_withdraw"),
    # open to all
    path("invitations/", invitation.invitation, name="invitation"),
    path("invitations/ouverte/", invitation.invitation_opened, name="invitation_opened"),
    path("confiance/racine.pem", public.trust_root, name="trust_root"),
    path("sante/", public.health, name="health"),
]
