"""``{% translate %}``: a sentence without a variable is translated once for each language.

Registered in Django's own library when this is imported (:mod:`config.apps`): a library of ours under its
name would be a second one, which Django warns of.
"""

from __future__ import annotations

from django.template import Context, Node, Variable
from django.template.base import Parser, Token
from django.templatetags import i18n
from django.utils.safestring import SafeString
from django.utils.translation import get_language


class Kept(Node):
    """A ``{% translate %}`` whose words are those of the language alone."""

    child_nodelists = ()

    def __init__(self, node: i18n.TranslateNode) -> None:
        self.node = node
        self._said: dict[tuple[str | None, bool], SafeString | str] = {}

    def render(self, context: Context) -> SafeString:
        """Return the words in the language of the page."""
        how = get_language(), context.autoescape
        if how not in self._said:
            self._said[how] = self.node.render(context)
        return self._said[how]  # type: ignore[return-value]


@i18n.register.tag("translate")
@i18n.register.tag("trans")
def translate(parser: Parser, token: Token) -> Node:
    """Read the tag as Django does; keep what it says where it can say nothing else."""
    node = i18n.do_translate(parser, token)
    return Kept(node) if _is_constant(node) else node


def _is_constant(node: i18n.TranslateNode) -> bool:
    said = node.filter_expression
    fixed = isinstance(said.var, Variable) and said.var.literal is not None and not said.filters
    return fixed and node.message_context is None and node.asvar is None
