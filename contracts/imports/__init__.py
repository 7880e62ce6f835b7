"""A first draft written in a word processor (.docx, .odt), as volets, texts and commitments to be corrected.

``read`` gives the lines that were understood, or raises ``Refused``; nothing is written.
"""

from contracts.imports.lines import Kind, Line, Understood, understood

__all__ = ["Kind", "Line", "Understood", "understood"]
