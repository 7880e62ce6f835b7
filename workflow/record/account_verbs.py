"""The verbs of accounts, organisations and offices: the platform's own journal, on no contract."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from stakeholders.security_events import Name
from workflow.record.verb import of_accounts

ROWS = (
    of_accounts("account_opened", _("Un compte est ouvert."), Name.ACCOUNT_OPENED),
    of_accounts("account_closed", _("Un compte est fermé."), Name.ACCOUNT_CLOSED),
    of_accounts(
        "person_renamed",
        _("Le nom d’un compte a changé : « %(before)s » est devenu « %(after)s »."),
        Name.IDENTITY_CHANGED,
    ),
    of_accounts(
        "address_changed",
        _("L’adresse d’un compte a changé : %(after)s remplace %(former)s."),
        Name.IDENTITY_CHANGED,
    ),
    of_accounts(
        "address_confirmed", _("La nouvelle adresse d’un compte est confirmée."), Name.IDENTITY_CHANGED
    ),
    of_accounts(
        "platform_rights_changed",
        _("Les droits d’un compte sur la plateforme ont changé."),
        Name.PLATFORM_RIGHTS_CHANGED,
    ),
    of_accounts("factor_added", _("Moyen de connexion ajouté : %(name)s."), Name.FACTOR_ENROLLED),
    of_accounts("factor_removed", _("Moyen de connexion retiré : %(name)s."), Name.FACTOR_REMOVED),
    of_accounts(
        "factors_forgotten",
        _("Tous les moyens de connexion d’un compte sont retirés, sauf le mot de passe."),
        Name.FACTOR_REMOVED,
    ),
    of_accounts(
        "recovery_codes_renewed",
        _("De nouveaux codes de secours remplacent les précédents."),
        Name.FACTOR_ENROLLED,
    ),
    of_accounts("password_changed", _("Le mot de passe d’un compte a changé."), Name.PASSWORD_CHANGED),
    of_accounts("password_set", _("Le premier mot de passe d’un compte est choisi."), Name.PASSWORD_CHANGED),
    of_accounts(
        "password_reset",
        _("Le mot de passe d’un compte est choisi de nouveau, par un lien reçu par courriel."),
        Name.PASSWORD_CHANGED,
    ),
    of_accounts(
        "identity_linked",
        _("Un compte est relié au fournisseur d’identité %(provider)s."),
        Name.IDENTITY_CHANGED,
    ),
    of_accounts(
        "identity_unlinked",
        _("Un compte n’est plus relié au fournisseur d’identité %(provider)s."),
        Name.IDENTITY_CHANGED,
    ),
    of_accounts("data_forgotten", _("Des données arrivées au terme de leur conservation sont effacées.")),
    of_accounts("account_made_anonymous", _("Un compte fermé est rendu anonyme.")),
    of_accounts("failed_job_retried", _("Un traitement en échec est relancé : %(name)s.")),
    of_accounts(
        "installation_restored",
        _("L’installation est restaurée depuis la sauvegarde du %(made_at)s (écriture n° %(entry)s)."),
    ),
    of_accounts("trusted_list_kept", _("Liste de confiance chargée : %(territory)s n° %(sequence)s.")),
    of_accounts(
        "trusted_list_pivot_kept",
        _("Les signataires de la liste européenne des listes ont changé, par son pivot n° %(sequence)s."),
    ),
    of_accounts("trusted_list_refused", _("Liste de confiance refusée : %(source)s.")),
    of_accounts("invitation_sent", _("Une invitation est envoyée : %(office)s."), Name.INVITATION_SENT),
    of_accounts("invitation_cancelled", _("Une invitation est annulée.")),
    of_accounts("invitation_accepted", _("Une invitation est acceptée.")),
    of_accounts("mandate_given", _("Une fonction est donnée : %(office)s."), Name.GRANT),
    of_accounts("mandate_withdrawn", _("Une fonction est retirée : %(office)s."), Name.GRANT_ENDED),
    of_accounts(
        "mandate_ended", _("Le dernier jour d’une fonction est fixé : %(office)s."), Name.GRANT_ENDED
    ),
    of_accounts("first_code_drawn", _("Le code de première installation est affiché par le serveur.")),
    of_accounts(
        "platform_founded",
        _("Le premier administrateur de la plateforme est créé, par le code de l’installation."),
        Name.PLATFORM_RIGHTS_CHANGED,
    ),
    of_accounts("organisation_established", _("Une organisation est créée : %(name)s.")),
    of_accounts("organisation_described", _("La fiche d’une organisation est modifiée : %(name)s.")),
    of_accounts(
        "register_imported", _("Un fichier d’organisations, de fonctions et de personnes est importé.")
    ),
    of_accounts("page_written", _("Une page publique de l’installation est modifiée : %(name)s.")),
    of_accounts("organisation_attached", _("Le rattachement d’une organisation a changé : %(name)s.")),
    of_accounts("organisation_kind_changed", _("La nature d’une organisation a changé : %(name)s.")),
    of_accounts("office_changed", _("Une fonction est modifiée : %(office)s.")),
    of_accounts(
        "office_narrowed", _("Les pouvoirs d’une fonction sont réduits : %(office)s."), Name.GRANT_ENDED
    ),
    of_accounts(
        "mandate_end_ordered",
        _("L’administrateur de la plateforme met fin à une fonction : %(office)s (motif : %(reason)s)."),
        Name.GRANT_ENDED,
    ),
    of_accounts("office_added", _("Une fonction est créée : %(office)s.")),
    of_accounts("office_widened", _("Les pouvoirs d’une fonction sont élargis : %(office)s."), Name.GRANT),
    of_accounts(
        "signing_proof_changed", _("La preuve demandée pour signer a changé."), Name.SIGNING_PROOF_CHANGED
    ),
    of_accounts("proof_code_given", _("Un code est donné pour confirmer un moyen de preuve : %(name)s.")),
    of_accounts("proof_confirmed", _("Un moyen de preuve est confirmé : %(name)s.")),
    of_accounts(
        "signing_key_enrolled",
        _("Un moyen de signature est enregistré : %(name)s (%(means)s)."),
        Name.SIGNING_KEY_CHANGED,
    ),
    of_accounts(
        "signing_key_confirmed",
        _("Un certificat au nom de %(name)s est accepté pour le compte (motif : %(reason)s)."),
        Name.SIGNING_KEY_CHANGED,
    ),
    of_accounts(
        "signing_key_withdrawn",
        _("Un moyen de signature est retiré : %(name)s (%(means)s)."),
        Name.SIGNING_KEY_CHANGED,
    ),
    of_accounts(
        "signing_key_ending",
        _("La fin prochaine d’un certificat est annoncée à son titulaire : %(name)s, le %(end)s."),
    ),
    of_accounts(
        "seal_ending",
        _("La fin prochaine du certificat du cachet de la plateforme est annoncée : %(name)s, le %(end)s."),
    ),
    of_accounts(
        "timestamping_ending",
        _("La fin prochaine du certificat du service d’horodatage est annoncée : %(name)s, le %(end)s."),
    ),
)
