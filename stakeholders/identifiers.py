"""The numbers of a body or a commune: SIRET (décret n° 73-314), code officiel géographique (INSEE).

Only their form is checked: whether the number is that of the body, its register alone knows.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LA_POSTE = "356000000"  # its SIREN: the establishments beyond its head office follow another rule
BETWEEN = " \u00a0\u202f.-"
_COMMUNE = re.compile(r"(?:(?!20)(?:0[1-9]|[1-8]\d|9[0-5])|2[AB])\d{3}|9(?:7[1-8]|8[46-9])\d{2}", re.ASCII)


def siret(value: str) -> str:
    """Return a SIRET as its 14 digits; raises ValidationError that says what is wrong with it.

    Its last digit makes the Luhn sum a multiple of 10; those of La Poste may have digits whose plain
    sum is a multiple of 5 instead.
    """
    digits = "".join(sign for sign in value if sign not in BETWEEN)
    if not re.fullmatch(r"\d{14}", digits, re.ASCII):
        raise ValidationError(
            _("Un SIRET a quatorze chiffres : « %(value)s » en a %(count)d.")
            % {"value": value[:30], "count": sum(sign.isdigit() for sign in digits)},
            code="siret",
        )
    of_la_poste = digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0
    if digits == "0" * 14 or not (_luhn(digits) or of_la_poste):
        raise ValidationError(
            _("Ce SIRET ne peut pas exister : un de ses chiffres est faux. Relisez « %(value)s ».")
            % {"value": digits},
            code="siret",
        )
    return digits


def _luhn(digits: str) -> bool:
    """Whether the sum of ISO/IEC 7812-1 is a multiple of ten."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def commune(value: str) -> str:
    """Return the INSEE code of a commune, « 2A004 » in Corsica; raises ValidationError."""
    code = value.strip().upper()
    if not _COMMUNE.fullmatch(code):
        raise ValidationError(
            _(
                "« %(value)s » n’est pas le code INSEE d’une commune : cinq signes, comme 61001, 2A004 en "
                "Corse ou 97105 outre-mer, et non le code postal."
            )
            % {"value": value.strip()[:30]},
            code="commune",
        )
    return code


def communes(value: str) -> list[str]:
    """Return the codes of a list (commas, semicolons, spaces or lines between), each once, in order."""
    found = [commune(word) for word in re.split(r"[\s,;]+", value) if word]
    return list(dict.fromkeys(found))
