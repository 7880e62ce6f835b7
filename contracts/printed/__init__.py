"""The printed contract: the PDF that is read, approved and signed.

``wording`` says what stands on the page, ``contract.typ`` lays it out with what ``setting.typ``
knows of rooms and columns, ``fields`` adds the signature fields, ``typography`` knows how French is
set; ``rendering`` joins them.
"""

from contracts.printed.rendering import Rendered, RenderError, edition_in_force, render
from stakeholders.letters import unprintable

__all__ = ["RenderError", "Rendered", "edition_in_force", "render", "unprintable"]
