"""What the bytes and the revisions of a signed PDF may be, so that « valide » is true for every reader."""

from signatures.verification.authorities import refuse_backwards, unlisted
from signatures.verification.changes import check
from signatures.verification.faults import Fault, Open, leave_open, other_content
from signatures.verification.signed import Signed, dictionary, pages, signatures
from signatures.verification.structure import read

__all__ = ["Fault", "Signed", "examine", "refuse_backwards", "unlisted"]


def examine(pdf: bytes, odd: Open = None) -> list[Signed]:
    """Return the signatures of ``pdf``, oldest first; raises Fault when something is not as it must be.

    Only the bytes, the objects and the revisions are judged here: neither cryptography nor trust.
    With a list ``odd``, what another tool may honestly write is added to it and the rest is still
    judged; without one, nothing odd is let pass.
    """
    structure = read(pdf, odd)
    table = structure.table()
    for _page in pages(structure.root, table):
        pass
    if "XFA" in dictionary(table[structure.root].value.get("AcroForm"), table):
        leave_open(odd, other_content(), other_content())
    signed = signatures(structure, table, odd)
    check(structure, signed, odd)
    return signed
