"""What a template says between two things that vary is joined once, and is what Django would have said."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine, NodeList, Template, engines
from django.template.base import TextNode
from django.template.loader import get_template
from django.template.loaders import locmem
from django.test import override_settings
from django.urls import path, set_script_prefix
from django.utils import translation

from config.tags.folded import Run, _Folding, fold

urlpatterns = [path("ailleurs/", lambda request: None, name="inbox")]  # type: ignore[arg-type, return-value]
BASE = """<p>{% translate "Contrats" %}</p>{% block who %}<i>{% url "inbox" %}</i>{% endblock %}
<b>{% translate "Annuler" %}</b>"""
PAGES = [
    '{% load i18n %}<a href="{% url "inbox" %}">{% translate "Contrats" %}</a> {{ name }}',
    "{% if name %}<b>{% translate 'Contrats' %}</b>{% else %}<i>{% translate 'Annuler' %}</i>{% endif %}",
    "{% for one in several %}<b>{% trans 'Contrats' %}</b>{{ one }}{% empty %}<i>{% trans 'Annuler' %}</i>"
    "{% endfor %}",
    "{% with name as other %}<b>{% translate 'Contrats' %}</b>{{ other }}{% endwith %}",
    "{% autoescape off %}<b>{% translate 'Contrats' %}</b>{{ name }}{% endautoescape %}",
    "{% translate 'Contrats' as word %}<b>{{ word }}</b>{% url 'inbox' as there %}<i>{{ there }}</i>",
    "{% comment %}<b>{{ name }}</b>{% endcomment %}<i>{% translate name %}</i>{# never #}",
    "{% load static %}<u>{% static 'contreseing/favicon.svg' %}</u><i>{% static name as img %}{{ img }}</i>",
    "{% language 'en' %}<b>{% translate 'Contrats' %}</b>{% endlanguage %}<b>{% translate 'Contrats' %}</b>",
    "<b>{% url 'contract' number %}</b>{% url 'inbox' %}{% url 'admin:index' %}",
]
FACTS: list[dict[str, Any]] = [
    {"name": "<Ann>", "several": [1, 2], "number": 7},
    {"name": "", "several": [], "number": 8},
]


def read(source: str) -> Template:
    lines = "{% load i18n static %}" + source
    return Template(lines, engine=engines["django"].engine)  # type: ignore[attr-defined]


def folded(source: str) -> Template:
    found = read(source)
    fold(found.nodelist)
    return found


@pytest.mark.parametrize("source", PAGES)
def test_a_page_reads_as_before_in_each_language(source: str) -> None:
    before, after = read(source), folded(source)
    for _again in range(2):
        for language in ("fr", "en"):
            with translation.override(language):
                for facts in FACTS:
                    assert after.render(Context(facts)) == before.render(Context(facts))


def test_a_run_is_one_node_and_what_varies_is_another() -> None:
    page = folded(PAGES[0] + "<p>{% translate 'Annuler' %}</p>{% translate 'Contrats' as word %}.")
    kinds = [type(node).__name__ for node in page.nodelist]
    assert kinds == ["Run", "VariableNode", "Run", "TranslateNode", "TextNode"]
    [inside] = [held for _condition, held in folded(PAGES[1]).nodelist[-1].conditions_nodelists[:1]]  # type: ignore[attr-defined]
    assert [type(node) for node in inside] == [Run]


def test_a_run_is_composed_once_for_a_language(monkeypatch: pytest.MonkeyPatch) -> None:
    page = folded(PAGES[0])
    first = page.render(Context({"name": "A"}))
    monkeypatch.setattr(TextNode, "render_annotated", lambda *_args: pytest.fail("composed again"))
    assert page.render(Context({"name": "B"})) == first.replace(" A", " B")


def test_an_address_is_that_of_its_site() -> None:
    page = folded("<i>{% url 'inbox' %}</i>")
    usual = page.render(Context())
    with override_settings(ROOT_URLCONF=__name__):
        assert page.render(Context()) == "<i>/ailleurs/</i>"
    try:
        set_script_prefix("/sous/")
        assert page.render(Context()) == usual.replace("<i>/", "<i>/sous/")
    finally:
        set_script_prefix("/")
    assert page.render(Context()) == usual


FAMILY = {
    "base": BASE,
    "child": "<!-- first -->{% extends 'base' %}{% block who %}{{ block.super }}"
    "<u>{% trans 'Annuler' %}</u>.{% endblock %}",
    "grandchild": "{% extends 'child' %}<i>unread</i>{% block who %}{% trans 'Contrats' %}-{% endblock %}",
}


class InMemory(_Folding, locmem.Loader):
    """As the pages are read, from what a test says."""


@pytest.mark.parametrize("name", FAMILY)
def test_a_page_that_extends_another_keeps_its_blocks(name: str) -> None:
    usual, ours = "django.template.loaders.locmem.Loader", f"{__name__}.InMemory"
    shown = [
        Engine(builtins=["django.templatetags.i18n", "config.tags.addresses"], loaders=[(loader, FAMILY)])
        .get_template(name)
        .render(Context())
        for loader in (usual, ours)
    ]
    assert shown[0] == shown[1] != ""


def test_the_pages_are_read_so() -> None:
    """Of the frame of every page, what is said without a variable is joined."""
    options: Any = settings.TEMPLATES[0]["OPTIONS"]
    [(loader, _behind)] = options["loaders"]
    assert loader == "config.tags.folded.Loader"
    page: Any = get_template("board/contract.html")
    blocks = {node.name: node for node in page.template.nodelist[0].nodelist if hasattr(node, "name")}
    content: NodeList = blocks["content"].nodelist
    assert any(isinstance(node, Run) for node in content)
    assert get_template("board/contract.html").template is page.template  # type: ignore[attr-defined]
