"""The acts of a contract as plain data: who said what, when, as what, on which exact text."""

from __future__ import annotations

import datetime as dt
from typing import Any

from contracts.models import Contract, Participation
from workflow.council.models import CouncilResolution
from workflow.engine.models import Act
from workflow.opinions.models import Approval, Opinion, Silence
from workflow.signing.models import AcceptedHolder, AcceptedWarning, SigningAct

Facts = dict[str, Any]


def of(contract: Contract) -> dict[str, list[Facts]]:
    """Return every act of a contract, whichever its version, in lists by what they are."""
    return {
        "participants": [_participant(row) for row in contract.participations.select_related("organisation")],
        "versions": [
            _version(row) for row in contract.versions.select_related("frozen_by").order_by("number")
        ],
        "avis": [_opinion(row) for row in _acts(Opinion, contract).select_related("organisation")],
        "silences": [
            {"version": row.version.number, "organisation": row.organisation.name, "terme": _day(row.term)}
            for row in Silence.objects.filter(version__contract=contract).select_related(
                "version", "organisation"
            )
        ],
        "approbations": [
            {
                **_act(row),
                "organisation": row.organisation.name,
                "approuve": row.approved,
                "pdf_sha256": row.pdf_sha256,
            }
            for row in _acts(Approval, contract).select_related("organisation")
        ],
        "deliberations": [_resolution(row) for row in _acts(CouncilResolution, contract)],
        "signatures": [_signature(row) for row in signing_acts(contract)],
        "titulaires_acceptes": [
            {**_act(row), "nom_au_contrat": row.printed, "titulaire": row.holder}
            for row in _acts(AcceptedHolder, contract)
        ],
        "avertissements_acceptes": [
            {
                **_act(row),
                "place": row.signatory.capacity,
                "code": row.code,
                "avertissement": row.sentence,
            }
            for row in _acts(AcceptedWarning, contract).select_related("signatory")
        ],
    }


def signing_acts(contract: Contract) -> list[SigningAct]:
    """Return the acts of those who signed a contract, in the order of the signatures."""
    rows = _acts(SigningAct, contract).select_related(
        "signatory", "request__slot", "confirmation", "authority"
    )
    return list(rows.order_by("request__slot__order", "pk"))


def _acts(model: Any, contract: Contract) -> Any:
    rows = model.objects.filter(version__contract=contract)
    return rows.select_related("version", "author").order_by("at", "pk")


def _act(row: Act) -> Facts:
    return {
        "version": row.version.number,
        "version_sha256": row.version_sha256,
        "auteur": str(row.author),
        "qualite": row.quality,
        "le": _moment(row.at),
        "motif": row.reason,
    }


def _participant(row: Participation) -> Facts:
    organisation = row.organisation
    return {"organisation": organisation.name, "siret": organisation.siret, "role": row.get_part_display()}


def _version(row: Any) -> Facts:
    return {
        "version": row.number,
        "objet": row.label,
        "figee_le": _moment(row.frozen_at),
        "figee_par": str(row.frozen_by),
        "texte_sha256": row.content_sha256,
        "pdf_sha256": row.pdf_sha256,
    }


def _opinion(row: Opinion) -> Facts:
    return {**_act(row), "organisation": row.organisation.name, "avis": row.get_value_display()}


def _resolution(row: CouncilResolution) -> Facts:
    return {
        **_act(row),
        "organisation": row.organisation.name,
        "numero": row.number,
        "seance_du": _day(row.session_on),
        "decision": row.get_outcome_display(),
        "pour": row.votes_for,
        "contre": row.votes_against,
        "abstentions": row.abstentions,
        "sans_prendre_part": row.not_voting,
        "publiee_le": _day(row.published_on),
        "transmise_le": _day(row.transmitted_on),
        "accuse_de_reception_du": _day(row.received_on),
        "executoire_le": _day(row.enforceable_on),
        "corrigee_le": _moment(row.corrected_at),
        "corrige": row.corrects_id,
    }


def _signature(row: SigningAct) -> Facts:
    return {
        **_act(row),
        "place": row.signatory.capacity,
        "champ": row.request.slot.field_name,
        "etat": row.request.state,
        "au_titre_de": row.get_basis_display(),
        "texte": row.source,
        "fonction_exercee": row.office,
        "acte": row.document,
        "habilitation": row.authority_id,
        "identite_confirmee_par": row.confirmation.get_proof_display(),
        "identite_confirmee_le": _moment(row.confirmation.used_at),
        "document_lu_sha256": row.request.document_sha256,
        "document_signe_sha256": row.request.final_sha256,
        "horodatee_le": _moment(row.request.stamped_at),
    }


def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def _moment(value: dt.datetime | None) -> str | None:
    return value.astimezone(dt.UTC).isoformat(timespec="seconds") if value else None
