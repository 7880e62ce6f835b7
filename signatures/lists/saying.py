"""What a certificate says of itself: its qualified statements (EN 319 412-5), and whose key it is."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import core, x509

_STATEMENTS = "1.3.6.1.5.5.7.1.3"
_QCS = "0.4.0.1862.1."
_COMPLIANCE, _QSCD, _TYPE, _LEGISLATION = (f"{_QCS}{number}" for number in (1, 4, 6, 7))
_TYPES = {f"{_QCS}6.1": "esign", f"{_QCS}6.2": "eseal", f"{_QCS}6.3": "web"}
# of the Union and of the European Economic Area; a certificate qualified under another law is not one of ours
_COUNTRIES = frozenset(
    "EU AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)
# keys given to accountants of public bodies for their flows with the treasury: they sign nothing else
_TREASURY = ("DGFIP", "DIRECTION GENERALE DES FINANCES PUBLIQUES")


@dataclass(frozen=True)
class Statements:
    """What a certificate claims; nothing of it is worth more than the list that confirms it.

    ``types`` holds « esign », « eseal » and « web »; none with ``compliance`` means a signature (§ 4.2.3).
    """

    compliance: bool = False
    qscd: bool = False
    types: frozenset[str] = frozenset()
    legislation: frozenset[str] = frozenset()

    @property
    def is_european(self) -> bool:
        """Tell whether the law that it names is that of the Union; none named is that one (§ 4.2.4)."""
        return not self.legislation or bool(self.legislation & _COUNTRIES)

    def __str__(self) -> str:
        named = [("compliance", self.compliance), ("sscd", self.qscd)]
        return ", ".join([name for name, is_there in named if is_there] + sorted(self.types))


def statements_of(certificate: x509.Certificate) -> Statements:
    """Read the statements; those that cannot be read say nothing."""
    try:
        return _read(certificate)
    except (ValueError, TypeError, KeyError):
        return Statements()


def _read(certificate: x509.Certificate) -> Statements:
    found = [
        each for each in certificate["tbs_certificate"]["extensions"] if each["extn_id"].dotted == _STATEMENTS
    ]
    if len(found) != 1:
        return Statements()
    held: dict[str, core.Asn1Value | None] = {}
    for statement in core.SequenceOf.load(found[0]["extn_value"].contents, spec=core.Sequence):
        number = core.ObjectIdentifier.load(statement[0].dump()).dotted
        held[number] = statement[1] if len(statement) > 1 else None
    types = [core.ObjectIdentifier.load(each.dump()).dotted for each in _parts(held.get(_TYPE))]
    laws = [str(core.PrintableString.load(each.dump()).native) for each in _parts(held.get(_LEGISLATION))]
    return Statements(
        compliance=_COMPLIANCE in held,
        qscd=_QSCD in held,
        types=frozenset(_TYPES.get(one, one) for one in types),
        legislation=frozenset(law.upper() for law in laws),
    )


def _parts(value: core.Asn1Value | None) -> list[core.Asn1Value]:
    return [] if value is None else list(core.SequenceOf.load(value.dump(), spec=core.Any))


def is_treasury_key(certificate: x509.Certificate) -> bool:
    """Tell whether the treasury issued it, for accounting flows alone."""
    names = " ".join(str(value) for value in certificate.issuer.native.values()).upper().replace("É", "E")
    return any(one in names for one in _TREASURY)
