"""A document that its signatory signed with a tool of their own, and brings back.

Accepted is the very revision that was to be signed, with one revision more that holds one signature in
the right field; all else is refused by its name, with what to do. ``examined`` is the road: it reads the
file in the limited process. What the signature is worth is then judged by our own validation.
"""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms as asn1_cms
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter, enumerate_sig_fields

from signatures.errors import SignatureError, WrongSignatureValue
from signatures.limited import client
from signatures.limited.limits import MAX_BYTES
from signatures.uploads import why_exhausted

TOKEN_ROOM = 8_000  # bytes: a time-stamp with its certificates, where the tool set none
# what the parsers raise on bytes that mean nothing
_GARBAGE = (PdfError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
TIMESTAMP_TOKEN = "signature_time_stamp_token"  # noqa: S105 (a name)


class DocumentRefused(SignatureError):
    """The document that was brought back is not accepted; ``code`` says why, the text what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Brought:
    """What a document that was brought back adds: the signature, by whom, where.

    ``certificate`` and ``chain`` are DER; ``value`` is the signature's, ``attributes`` the DER that the
    key signed (SET OF); the CMS is in the hole from ``start`` to ``end``; ``digest`` is the SHA-256 of
    the rest of the file; ``room`` is how many bytes of the hole a time-stamp may take, its own left out.
    """

    certificate: bytes
    chain: tuple[bytes, ...]
    value: bytes
    attributes: bytes
    cms: bytes
    start: int
    end: int
    digest: bytes
    is_stamped: bool
    room: int

    def as_json(self) -> dict[str, Any]:
        """Return all of it as the row of a request keeps it, in its ``prepared``."""
        return {
            "digest": _text(self.digest),
            "digest_algorithm": "sha256",
            "start": self.start,
            "end": self.end,
            "signed_attributes": _text(self.attributes),
            "chain": [_text(one) for one in self.chain],
            "value": _text(self.value),
            "cms": _text(self.cms),
        }


def examined(document: bytes, before: bytes, field_name: str) -> Brought:
    """Return what ``document`` adds to ``before``; raises DocumentRefused, or limited.Unavailable.

    Blocks (8 s of processor at most): never inside a transaction nor on an event loop.
    """
    options = {"before": len(before), "sha256": hashlib.sha256(before).hexdigest(), "field": field_name}
    try:
        answer = client.run("brought", document, options)
    except client.Exhausted as death:
        raise DocumentRefused("unreadable", why_exhausted(death)) from death
    if "code" in answer:
        raise DocumentRefused(answer["code"], sentence(answer["code"], answer.get("why", "")))
    return Brought(
        certificate=base64.b64decode(answer["certificate"]),
        chain=tuple(base64.b64decode(one) for one in answer["chain"]),
        value=base64.b64decode(answer["value"]),
        attributes=base64.b64decode(answer["attributes"]),
        cms=base64.b64decode(answer["cms"]),
        start=int(answer["start"]),
        end=int(answer["end"]),
        digest=base64.b64decode(answer["digest"]),
        is_stamped=bool(answer["is_stamped"]),
        room=int(answer["room"]),
    )


def for_another_process(document: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Do the work of ``examined`` in the limited process; options and answer are JSON data."""
    size, sha256, field_name = options["before"], options["sha256"], options["field"]
    if len(document) > MAX_BYTES:
        return {"code": "too_large"}
    if not document.startswith(b"%PDF-"):
        return {"code": "not_pdf"}
    if hashlib.sha256(document[:size]).hexdigest() != sha256:
        return {"code": _other(document, field_name)}
    if len(document) == size:
        return {"code": "not_signed"}
    try:
        return _added(document, size, field_name)
    except (*_GARBAGE, WrongSignatureValue) as error:
        return {"code": "unreadable", "why": type(error).__name__}


def _other(document: bytes, field_name: str) -> str:
    """Tell a file that a tool wrote anew from one that is another document."""
    try:
        reader = PdfFileReader(io.BytesIO(document), strict=False)
        fields = [name for name, _value, _reference in enumerate_sig_fields(reader)]
    except _GARBAGE:
        return "unreadable"
    return "rewritten" if field_name in fields else "other_document"


def _added(document: bytes, size: int, field_name: str) -> dict[str, Any]:
    before, reader = PdfFileReader(io.BytesIO(document[:size])), PdfFileReader(io.BytesIO(document))
    known = {name for name, value, _reference in enumerate_sig_fields(before) if value is not None}
    signed = {name for name, value, _reference in enumerate_sig_fields(reader) if value is not None}
    added = signed - known
    if not added:
        return {"code": "not_signed"}
    if len(added) > 1 or reader.xrefs.total_revisions != before.xrefs.total_revisions + 1:
        return {"code": "several"}
    if field_name not in added:
        return {"code": "wrong_field"}
    signature = next(one for one in reader.embedded_signatures if one.field_name == field_name)
    if signature.sig_object.get("/SubFilter") != SigSeedSubFilter.PADES.value:
        return {"code": "not_pades"}
    content = signature.signed_data
    info = signature.signer_info
    if str(info["digest_algorithm"]["algorithm"].native) != "sha256":
        return {"code": "not_sha256"}
    first, length, resume, rest = (int(part) for part in signature.byte_range)
    if (first, resume + rest) != (0, len(document)) or length < size:
        return {"code": "several"}
    cms = asn1_cms.ContentInfo.load(signature.pkcs7_content).dump()  # without the zeros after it
    token = _token_of(info)
    is_stamped = token is not None
    room = (resume - length - 2) // 2 - len(cms) + len(token or b"")
    if not is_stamped and room < TOKEN_ROOM:
        return {"code": "no_room"}
    others = [one.chosen.dump() for one in content["certificates"] if one.name == "certificate"]
    certificate = signature.signer_cert.dump()
    covered = hashlib.sha256(document[:length] + document[resume:]).digest()
    return {
        "certificate": _text(certificate),
        "chain": [_text(one) for one in others if one != certificate],
        "value": _text(info["signature"].native),
        "attributes": _text(b"\x31" + info["signed_attrs"].dump()[1:]),
        "cms": _text(cms),
        "digest": _text(covered),
        "start": length,
        "end": resume,
        "is_stamped": is_stamped,
        "room": room,
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _token_of(info: asn1_cms.SignerInfo) -> bytes | None:
    for attribute in info["unsigned_attrs"]:
        if attribute["type"].native == TIMESTAMP_TOKEN:
            return bytes(attribute["values"][0].dump())
    return None


def token_in(cms: bytes) -> bytes | None:
    """Return the time-stamp token (DER) that a CMS bears over its signature, None where it has none."""
    info: asn1_cms.SignerInfo = asn1_cms.ContentInfo.load(cms)["content"]["signer_infos"][0]
    return _token_of(info)


def with_token(cms: bytes, token: bytes) -> bytes:
    """Return a CMS (DER) whose one time-stamp is ``token``; its other unsigned attributes stay.

    What is signed does not change: unsigned attributes are outside it (RFC 5652 § 5.3).
    """
    content = asn1_cms.ContentInfo.load(cms)
    info = content["content"]["signer_infos"][0]
    kept = [one for one in info["unsigned_attrs"] if one["type"].native != TIMESTAMP_TOKEN]
    stamp = asn1_cms.CMSAttribute({"type": TIMESTAMP_TOKEN, "values": [asn1_cms.ContentInfo.load(token)]})
    info["unsigned_attrs"] = asn1_cms.CMSAttributes([*kept, stamp])
    return bytes(content.dump())


def hollowed(document: bytes, prepared: dict[str, Any]) -> bytes:
    """Return ``document`` with nothing but zeros where its CMS is (``prepared``: Brought.as_json)."""
    start, end = prepared["start"], prepared["end"]
    hollow: bytes = document[: start + 1] + b"0" * (end - start - 2) + document[end - 1 :]
    return hollow


def sentence(code: str, why: str = "") -> str:
    """Say why a document is refused, and what to do; ``why`` is the parser's word of what it cannot read."""
    return {
        "too_large": _("Le fichier dépasse 50 Mo : déposez le document que vous avez téléchargé ici, signé."),
        "not_pdf": _("Le fichier n’est pas un PDF : déposez le PDF signé, et non une image ni une archive."),
        "other_document": _(
            "Ce n’est pas le document à signer. Téléchargez-le de nouveau depuis cette page, signez ce "
            "fichier-là, puis déposez-le."
        ),
        "rewritten": _(
            "Votre outil a réécrit le document au lieu d’y ajouter la signature : ce n’est plus le texte "
            "approuvé. Téléchargez-le de nouveau, signez-le sans l’imprimer, l’optimiser ni "
            "l’« enregistrer sous » un autre format, puis déposez-le."
        ),
        "not_signed": _(
            "Ce document ne porte pas votre signature : signez-le dans votre outil, puis déposez-le."
        ),
        "several": _(
            "Votre outil a fait plus qu’ajouter une signature (plusieurs signatures, un horodatage à part ou "
            "une autre modification). Téléchargez le document de nouveau et n’y faites que signer."
        ),
        "wrong_field": _(
            "La signature n’est pas à la place prévue pour vous. Dans votre outil, choisissez le cadre de "
            "signature à votre nom, à la dernière page, plutôt que d’en tracer un nouveau."
        ),
        "not_pades": _(
            "Votre outil n’a pas signé au format PAdES. Dans ses préférences de signature, choisissez "
            "« PAdES » ou « équivalent CAdES », puis signez de nouveau."
        ),
        "not_sha256": _(
            "Votre outil a signé avec une autre empreinte que SHA-256 : choisissez SHA-256 dans ses "
            "préférences, puis signez de nouveau."
        ),
        "no_room": _(
            "Votre outil n’a pas horodaté la signature, et n’y laisse pas la place de le faire. Donnez-lui "
            "un service d’horodatage, ou augmentez la taille réservée à la signature, puis signez de nouveau."
        ),
        "no_room_for_ours": _(
            "L’horodatage de votre outil vient d’une autorité qui n’est pas reconnue ici, et il n’y a pas "
            "la place du nôtre. Augmentez la taille réservée à la signature, ou changez de service "
            "d’horodatage, puis signez de nouveau."
        ),
        "unreadable": _(
            "Ce PDF ne peut être lu (%(why)s). Téléchargez de nouveau le document et signez-le avec un autre "
            "outil."
        )
        % {"why": why},
    }[code]
