"""What a page says is composed once a process, and is what Django would have composed each time."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template, engines
from django.template.defaulttags import URLNode
from django.templatetags.i18n import TranslateNode
from django.test import override_settings
from django.urls import NoReverseMatch, path, reverse, set_script_prefix
from django.utils import translation
from django.utils.safestring import mark_safe

from config.tags import addresses, i18n

urlpatterns = [path("ailleurs/", lambda request: None, name="inbox")]  # type: ignore[arg-type, return-value]


def said(source: str, **facts: Any) -> str:
    return template(source).render(Context(facts))


def template(source: str) -> Template:
    return Template("{% load i18n %}" + source, engine=engines["django"].engine)  # type: ignore[attr-defined]


def test_a_sentence_is_kept_for_each_language_and_way_to_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    page = template('{% translate "Contrats" %}/{% trans "100 % & <b>" %}')
    first = {}
    for language in ("fr", "en"):
        with translation.override(language):
            first[language] = page.render(Context())
            assert page.render(Context(autoescape=False)).endswith("/100 % & <b>")
    assert first["fr"] == "Contrats/100 % & <b>", "what a template says itself is not escaped"
    assert first["en"].startswith("Contracts/")
    monkeypatch.setattr(TranslateNode, "render", lambda *_args: pytest.fail("composed again"))
    for language in ("en", "fr"):
        with translation.override(language):
            assert page.render(Context()) == first[language]


@pytest.mark.parametrize(
    ("source", "facts", "expected"),
    [
        ("{% translate word %}", [{"word": "Contrats"}, {"word": "Annuler"}], ["Contrats", "Annuler"]),
        ('{% translate "contrats"|capfirst %}', [{}, {}], ["Contrats", "Contrats"]),
        ('{% translate "Contrats" as word %}{{ word }}', [{}, {}], ["Contrats", "Contrats"]),
        ('{% translate "Contrats" noop %}', [{}, {}], ["Contrats", "Contrats"]),
        ('{% translate "May" context kind %}', [{"kind": "a"}, {"kind": "b"}], ["May", "May"]),
    ],
)
def test_what_depends_on_its_page_is_composed_each_time(
    source: str, facts: list[dict[str, str]], expected: list[str]
) -> None:
    page = template(source)
    assert [page.render(Context(each)) for each in facts] == expected


def test_every_template_has_these_tags() -> None:
    assert isinstance(template('{% translate "Contrats" %}').nodelist[1], i18n.Kept)
    assert isinstance(template('{% url "inbox" %}').nodelist[1], addresses.Address)


@pytest.mark.parametrize("values", [(1, 2), ("1", 2), (mark_safe("1"), 2), (True, 2), (1.0, 2), (10**12, 2)])
def test_an_address_is_the_one_that_django_composes(values: tuple[Any, ...]) -> None:
    source = '{% url "version" one two %}'
    facts = dict(zip(("one", "two"), values, strict=True))
    expected = django_says("version", *values)
    for _time in range(2):
        assert address(source, facts) == expected


def address(source: str, facts: dict[str, Any]) -> str:
    try:
        return said(source, **facts)
    except NoReverseMatch:
        return "none"


def django_says(name: str, *values: Any) -> str:
    try:
        return reverse(name, args=values)
    except NoReverseMatch:
        return "none"


def test_an_address_is_composed_once_and_escaped_as_its_page_is(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses.kept.cache_clear()
    page = template('{% url "basket" "a-traiter" %} {% url "contract" key %}')
    expected = f"{reverse('basket', args=['a-traiter'])} {reverse('contract', args=[12])}"
    assert page.render(Context({"key": 12})) == expected
    monkeypatch.setattr(addresses, "reverse", lambda *_args: pytest.fail("composed again"))
    assert page.render(Context({"key": 12})) == expected
    assert page.render(Context({"key": 12}, autoescape=False)) == expected


def test_what_gives_access_is_not_kept() -> None:
    addresses.kept.cache_clear()
    said('{% url "guest_link" identifier %}', identifier="un-lien-secret")
    assert addresses.kept.cache_info().currsize == 0


def test_an_address_follows_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    here = said('{% url "inbox" %}')
    with override_settings(ROOT_URLCONF=__name__):
        assert said('{% url "inbox" %}') == "/ailleurs/"
    set_script_prefix("/sous/")
    try:
        assert said('{% url "inbox" %}') == "/sous" + here
    finally:
        set_script_prefix("/")
    assert said('{% url "inbox" %}') == here


def test_what_no_page_answers_is_refused_or_left_out() -> None:
    for _time in range(2):
        with pytest.raises(NoReverseMatch):
            said('{% url "nowhere" %}')
        assert said('{% url "nowhere" as there %}[{{ there }}]') == "[]"
    assert said('{% url "admin:index" %}') == reverse("admin:index")
    assert said('{% url "version" contract=1 number=2 %}') == reverse("version", args=[1, 2])
    assert issubclass(addresses.Address, URLNode)
    assert settings.ROOT_URLCONF == "config.urls"
