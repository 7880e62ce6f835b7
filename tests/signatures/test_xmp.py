"""What the metadata of a file say is the same however a tool writes it, and nothing else is."""

from __future__ import annotations

import pytest

from signatures.verification.xmp import said

NAMES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" '
    'xmlns:mm="http://ns.adobe.com/xap/1.0/mm/" xmlns:st="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
)
TITLE = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Contrat</rdf:li></rdf:Alt></dc:title>'
BY = "<dc:creator><rdf:Seq><rdf:li>L’État</rdf:li><rdf:li>La Ville</rdf:li></rdf:Seq></dc:creator>"
SAVED = '<rdf:li rdf:parseType="Resource"><st:action>saved</st:action><st:when>2026</st:when></rdf:li>'
HISTORY = f"<mm:History><rdf:Seq>{SAVED}</rdf:Seq></mm:History>"
KEYWORDS = "<pdf:Keywords>CSI</pdf:Keywords>"


def packet(inside: str, attributes: str = "", tool: str = "Typst") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{tool}"><rdf:RDF {NAMES}>'
        f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


OURS = packet(TITLE + BY + HISTORY + KEYWORDS + "<xmp:CreatorTool>Typst</xmp:CreatorTool>")
SAME = {
    "attributes": packet(TITLE + BY + HISTORY, 'pdf:Keywords="CSI"', "pyHanko"),
    "another order": packet(KEYWORDS + HISTORY + BY + TITLE),
    "lines": packet(f"\n {TITLE}\n {BY}\n {HISTORY}\n {KEYWORDS}\n"),
    "the tool and the date": packet(
        TITLE + BY + HISTORY + KEYWORDS,
        'xmp:CreatorTool="Acrobat" xmp:ModifyDate="2026-11-27T08:59:29+01:00" pdf:Producer="x"'
        ' mm:InstanceID="y"',
    ),
    "a nested description": packet(
        TITLE + BY + KEYWORDS + "<mm:History><rdf:Seq><rdf:li>"
        '<rdf:Description st:when="2026" st:action="saved"/></rdf:li></rdf:Seq></mm:History>'
    ),
    "another prefix": OURS.replace(b"mm:", b"ns0:").replace(b"xmlns:mm=", b"xmlns:ns0="),
    "two descriptions": packet(
        f'{TITLE}{BY}</rdf:Description><rdf:Description rdf:about="">{HISTORY}{KEYWORDS}'
    ),
}
OTHER = {
    "a title": OURS.replace(b"Contrat", b"Autre"),
    "a language": OURS.replace(b"x-default", b"fr"),
    "an order": packet(
        TITLE
        + HISTORY
        + KEYWORDS
        + "<dc:creator><rdf:Seq><rdf:li>La Ville</rdf:li><rdf:li>L’État</rdf:li></rdf:Seq></dc:creator>"
    ),
    "a kind of list": OURS.replace(b"rdf:Seq><rdf:li>L", b"rdf:Bag><rdf:li>L").replace(
        b"Ville</rdf:li></rdf:Seq", b"Ville</rdf:li></rdf:Bag"
    ),
    "one more": packet(TITLE + BY + HISTORY + KEYWORDS + "<dc:rights>libre</dc:rights>"),
    "one less": packet(TITLE + BY + KEYWORDS),
    "an event": OURS.replace(b">saved<", b">signed<"),
    "a space of names": OURS.replace(b"http://purl.org/dc/elements/1.1/", b"http://elsewhere.test/"),
}
UNREAD = {
    "said twice": packet(TITLE + BY + HISTORY + KEYWORDS, 'pdf:Keywords="CSI"'),
    "an entity": b'<!DOCTYPE x [<!ENTITY e "Contrat">]>' + OURS.replace(b">Contrat<", b">&e;<"),
    "text beside": packet(f"{TITLE}du texte{BY}{HISTORY}{KEYWORDS}"),
    "of something else": OURS.replace(b'rdf:about=""', b'rdf:about="urn:autre"'),
    "no packet": b"Contrat",
    "cut": OURS[:-40],
    "too long": OURS.replace(b">CSI<", b">" + b"C" * (1 << 20) + b"<"),
    "too deep": packet("<st:a><rdf:Seq><rdf:li>" * 20 + "x" + "</rdf:li></rdf:Seq></st:a>" * 20),
    "an instruction": packet(f"{TITLE}<?a b?>{BY}{HISTORY}{KEYWORDS}"),
}


@pytest.mark.parametrize("written", SAME.values(), ids=list(SAME))
def test_it_says_the_same_written_otherwise(written: bytes) -> None:
    assert written != OURS
    assert said(OURS) is not None
    assert said(written) == said(OURS)


@pytest.mark.parametrize("written", OTHER.values(), ids=list(OTHER))
def test_what_is_said_otherwise_is_seen(written: bytes) -> None:
    assert said(written) not in (None, said(OURS))


@pytest.mark.parametrize("written", UNREAD.values(), ids=list(UNREAD))
def test_what_can_be_read_in_two_ways_is_not_read(written: bytes) -> None:
    assert said(written) is None
