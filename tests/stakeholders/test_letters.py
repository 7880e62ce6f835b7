"""What comes from another program is put right or named; whatever is kept can be printed."""

from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.models import Contract
from stakeholders import letters, text
from tests.cast import Cast

PASTED = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("aé \n\t:«»\u00a0" + letters.RARE_BREAKS + "".join(map(chr, letters.TABLE))),
        st.sampled_from("\u0300\u0301\u0302\u0303\u0307\u0308\u030c\u0323\u0327ſʼ🎉\u200d"),
    ),
    max_size=40,
)


@given(PASTED)
@example("ſ\u0307")  # the compatible form of one letter composes with the next
def test_what_is_kept_is_composed_printable_and_stays_as_it_is(pasted: str) -> None:
    for rule, also in ((text.one_line, ""), (text.several_lines, "\n\t"), (text.person_name, "")):
        try:
            kept = rule(pasted)
        except ValidationError as refused:
            assert refused.messages[0]
            continue
        assert kept == unicodedata.normalize("NFC", kept) == rule(kept)
        assert not letters.unprintable(kept)
        assert all(c in also or unicodedata.category(c)[0] != "C" for c in kept)
        assert not set(kept) & set("ﬀﬁﬂﬃﬄﬅﬆ")


def test_every_substitute_can_be_printed() -> None:
    for code, substitute in letters.TABLE.items():
        assert not letters.unprintable(str(substitute)), chr(code)


@pytest.mark.parametrize(
    ("pasted", "line"),
    [
        ("ofﬁce, eﬀet, aﬄux", "office, effet, afflux"),
        ("\uf0b7 un\uf0a7 deux", "• un• deux"),
        ("l\x92État \x96 cœur : \x93oui\x94, 3 \x80", "l’État – cœur : “oui”, 3 €"),
        ("un\x0bdeux\u2028trois\u2029quatre\x85cinq\tsix", "un deux trois quatre cinq six"),
        ("\ufeffmo\u00adteur\ufe0f", "moteur"),
        ("e\u0301te\u0301 c\u0327a n\u0303", "été ça ñ"),
        ("𝐉𝐞𝐚𝐧 Ｄｕｐｏｎｔ, ①", "Jean Dupont, 1"),
    ],
)
def test_what_has_one_meaning_is_put_right(pasted: str, line: str) -> None:
    assert text.one_line(pasted) == line


def test_lines_of_another_age_are_lines() -> None:
    assert text.several_lines("un\x0bdeux\u2028trois\u2029quatre\x0ccinq") == (
        "un\ndeux\ntrois\n\nquatre\ncinq"
    )


def test_a_refusal_says_which_characters_where_and_what_to_do() -> None:
    with pytest.raises(ValidationError) as refused:
        text.several_lines("Objectif\nPlus de lumière 💡 la nuit, عقد")
    said = refused.value.messages[0]
    assert "« 💡 » (U+1F4A1) ligne 2, après « Plus de lumière »" in said.replace("\u00a0", " ")
    assert "(U+0639)" in said
    assert "Effacez-les" in said
    with pytest.raises(ValidationError) as refused:
        text.one_line("🎉 Fête")
    assert "au début" in refused.value.messages[0]


def test_lists_and_labels_are_proper_whoever_writes_them(cast: Cast) -> None:
    """No form stands between an act, or an importer, and an array or a JSON column."""
    contract = cast.contract
    contract.communes = ["Évry\u2028Courcouronnes", "E\u0301pinay"]
    contract.frameworks = [{"kind": "cls", "label": "CLS \uf0b7 2024"}]
    contract.title = "Un\x0btitre ﬁnal"
    contract.save()
    kept = Contract.objects.get(pk=contract.pk)
    assert kept.communes == ["Évry Courcouronnes", "Épinay"] == contract.communes
    assert kept.frameworks == [{"kind": "cls", "label": "CLS • 2024"}]
    assert kept.title == "Un titre final"
    for wrong in ({"communes": ["a😀"]}, {"frameworks": [{"label": "a😀"}]}, {"title": "a😀"}):
        with pytest.raises(ValidationError):
            Contract.objects.filter(pk=contract.pk).update(**wrong)
