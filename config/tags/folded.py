"""What a template says between two things that vary, joined once: a run of text, sentences and addresses.

Django renders each node of a page, one after the other; half of those of a page are text, sentences without
a variable, addresses of static files and of pages without a value. Read through :class:`Loader`, a template
holds such a run as one node, whose words are kept for each language, way to escape and table of addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.template import Context, Node, NodeList, Origin, Template
from django.template.base import TextNode
from django.template.defaulttags import CommentNode, ForNode, IfNode, LoadNode, WithNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.template.loaders import base, cached
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from config.tags.addresses import Address, site
from config.tags.i18n import Kept

Where = tuple[str | None, bool, tuple[str, str] | None]


class Run(Node):
    """Nodes that say the same on every page of a language and a site."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes, self.token, self.origin = nodes, nodes[0].token, nodes[0].origin
        self._addresses = any(isinstance(node, Address) for node in nodes)
        self._said: dict[Where, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return what they say, joined."""
        where = get_language(), context.autoescape, site(context) if self._addresses else None
        if where not in self._said:
            said = [str(node.render_annotated(context)) for node in self.nodes]
            self._said[where] = SafeString("".join(said))
        return self._said[where]


class _Folding(base.Loader):
    """Folds what the loaders behind it have read, before anybody keeps it."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """Return the template, folded."""
        found = super().get_template(template_name, skip)
        fold(found.nodelist)
        return found


class Loader(cached.Loader, _Folding):
    """Django's loader that keeps templates, in front of the one that folds them."""


def fold(nodes: NodeList) -> None:
    """Join the runs among these nodes and in what they hold, in place.

    Of a template that extends another, only what is in its blocks is shown: the rest stays as it is, being
    read by its position. What Django's own nodes hold is known; no other node is entered.
    """
    for node in nodes:
        for held in _held(node):
            fold(held)
    if not any(isinstance(node, ExtendsNode) for node in nodes):
        nodes[:] = _joined(nodes)


def _held(node: Any) -> Iterable[Any]:
    if isinstance(node, IfNode):
        return [held for _condition, held in node.conditions_nodelists]
    if isinstance(node, ForNode):
        return [node.nodelist_loop, node.nodelist_empty]
    if isinstance(node, BlockNode | ExtendsNode | WithNode):
        return [node.nodelist]
    return []


def _joined(nodes: NodeList) -> list[Node]:
    found: list[Node] = []
    for is_constant, several in groupby(nodes, _is_constant):
        run = list(several)
        found += [Run(run)] if is_constant and len(run) > 1 else run
    return found


def _is_constant(node: Any) -> bool:
    if isinstance(node, StaticNode):
        return node.varname is None and _is_word(node.path)
    if isinstance(node, Address):
        ours = not (node.args or node.kwargs or node.asvar) and _is_word(node.view_name)
        return ours and ":" not in node.view_name.var  # a named space depends on the page
    return isinstance(node, TextNode | Kept | LoadNode | CommentNode)


def _is_word(said: Any) -> bool:
    """Whether an expression is a word of the template's own."""
    return not said.is_var and not said.filters and isinstance(said.var, str)
