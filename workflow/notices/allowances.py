"""The quotas of mail, as acts refuse: with a sentence that says until when."""

from __future__ import annotations

from django.utils.translation import gettext as _

from stakeholders import quotas
from stakeholders.wording import moment
from workflow.record.refusals import TooMany


def allow(purpose: str, **whose: object) -> None:
    """Count one more mail for ``whose`` (:data:`stakeholders.quotas.QUOTAS`); raises TooMany."""
    try:
        quotas.spend(purpose, **whose)
    except quotas.QuotaSpent as error:
        sentences = {
            "guest code": _(
                "Trop de codes ont été demandés pour cette adresse. Le dernier reçu reste valable dix "
                "minutes ; sinon, réessayez après le %(then)s."
            )
        }
        sentence = sentences.get(purpose) or _(
            "Trop d’envois en peu de temps, de votre part ou vers cette adresse : "
            "réessayez après le %(then)s."
        )
        raise TooMany(sentence % {"then": moment(error.until)}, error.until) from error
