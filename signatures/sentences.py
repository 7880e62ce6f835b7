"""What each indication of EN 319 102-1 says of a signature, and why a proof of its time is missing."""

from __future__ import annotations

from django.utils.translation import gettext as _


def reason(name: str) -> str:
    """Return what a sub-indication says, to follow « Signature « X » : »; « » when nothing is wrong."""
    return _reasons()[name]


def _reasons() -> dict[str, str]:
    return {
        "OK": "",
        "FORMAT_FAILURE": _("elle est mal formée"),
        "HASH_FAILURE": _("le contenu signé a été modifié"),
        "SIG_CRYPTO_FAILURE": _("sa valeur ne correspond pas au certificat"),
        "REVOKED": _("le certificat était déjà révoqué quand elle a été faite"),
        "NOT_YET_VALID": _("le certificat n’était pas encore valable quand elle a été faite"),
        "EXPIRED": _("le certificat avait déjà expiré quand elle a été faite"),
        "SIG_CONSTRAINTS_FAILURE": _("elle ne suit pas les règles demandées ici"),
        "CHAIN_CONSTRAINTS_FAILURE": _(
            "le certificat, ou celui d’une autorité au-dessus, n’est pas fait pour cet usage"
        ),
        "CERTIFICATE_CHAIN_GENERAL_FAILURE": _("la chaîne de certificats ne peut être vérifiée"),
        "CRYPTO_CONSTRAINTS_FAILURE": _("un algorithme employé est trop faible aujourd’hui"),
        "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": _(
            "un algorithme employé est trop faible aujourd’hui, et rien ne prouve qu’elle date d’avant"
        ),
        "POLICY_PROCESSING_ERROR": _("la politique de signature qu’elle désigne ne peut être lue"),
        "SIGNATURE_POLICY_NOT_AVAILABLE": _("la politique de signature qu’elle désigne n’est pas connue ici"),
        "TIMESTAMP_ORDER_FAILURE": _("ses horodatages ne se suivent pas dans le temps"),
        "NO_SIGNING_CERTIFICATE_FOUND": _("le certificat du signataire n’est pas dans le fichier"),
        "NO_CERTIFICATE_CHAIN_FOUND": _("le certificat ne mène à aucune autorité reconnue ici"),
        "REVOKED_NO_POE": _(
            "le certificat est révoqué aujourd’hui, et rien ne prouve qu’elle a été faite avant"
        ),
        "REVOKED_CA_NO_POE": _(
            "le certificat d’une autorité au-dessus est révoqué, et rien ne prouve qu’elle a été faite avant"
        ),
        "OUT_OF_BOUNDS_NO_POE": _(
            "le certificat n’est plus valable aujourd’hui, et rien ne prouve qu’elle date d’avant sa fin"
        ),
        "REVOCATION_OUT_OF_BOUNDS_NO_POE": _(
            "ce que le fichier dit de la révocation a expiré, et rien ne prouve que cela date d’avant"
        ),
        "OUT_OF_BOUNDS_NOT_REVOKED": _(
            "le certificat n’est plus valable aujourd’hui ; il n’a pas été révoqué, mais rien ne prouve "
            "qu’elle date d’avant sa fin"
        ),
        "NO_POE": _("rien ne prouve quand elle a été faite"),
        "TRY_LATER": _("ce que le fichier dit de la révocation du certificat n’est pas assez récent"),
        "SIGNED_DATA_NOT_FOUND": _("les données signées ne sont pas dans le fichier"),
        "GENERIC": _("elle ne peut être vérifiée, sans que l’on sache dire pourquoi"),
    }


def no_revocation() -> str:
    """Say that the file is silent about a signatory's certificate."""
    return _("le fichier ne dit pas si le certificat a été révoqué")


def of_indication(code: str, why: str) -> str:
    """Return what a code of ours that comes from an indication says; raises KeyError when there is none.

    One indication has several causes: ``why`` is « no_revocation », or the code of what is wrong
    with the time-stamps.
    """
    if code in (missing := missing_proofs()):
        return missing[code]
    if why == "no_revocation":
        return no_revocation()
    return without_proof(code.upper(), missing.get(why, ""))


def without_proof(name: str, why: str) -> str:
    """Say, of an indication that lacks a proof of existence, what became of that proof."""
    return f"{reason(name)} ({why})" if why else reason(name)


def missing_proofs() -> dict[str, str]:
    """Return, by the code of what is wrong with the time-stamps, why they prove nothing."""
    return {
        "no_timestamp": _("elle n’a pas d’horodatage"),
        "timestamp_broken": _("son horodatage a été altéré"),
        "timestamp_untrusted": _("son horodatage vient d’une autorité qui n’est pas reconnue ici"),
        "timestamp_unproven": _(
            "le fichier ne dit pas si le certificat de l’autorité d’horodatage était révoqué"
        ),
        "timestamp_stale": _(
            "ce que le fichier dit de la révocation de l’autorité d’horodatage n’est pas assez récent"
        ),
        "timestamp_expired": _(
            "le certificat de l’autorité d’horodatage a expiré, et aucun horodatage plus récent ne le couvre"
        ),
        "stamped_after": _("l’horodatage qui la couvre est postérieur à la révocation"),
        "timestamp_revoked": _("le certificat de l’autorité d’horodatage est révoqué"),
        "timestamp_unusable": _("le certificat de son horodatage n’est pas fait pour horodater"),
    }
