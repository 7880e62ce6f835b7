"""The structure of a long text: headings, lists, tables, bold and italic, derived from what is typed.

What is kept, frozen and hashed is the text itself; ``structure`` derives its blocks, ``page`` shows them as
HTML. Why this subset of Markdown, and why its blocks are read here: ADR 0025.
"""

from contracts.structure.blocks import Block, Heading, Item, Line, Listing, Paragraph, Run, Table
from contracts.structure.page import as_html
from contracts.structure.reading import MOST_COLUMNS, has_wide_table, structure

__all__ = [
    "MOST_COLUMNS",
    "Block",
    "Heading",
    "Item",
    "Line",
    "Listing",
    "Paragraph",
    "Run",
    "Table",
    "as_html",
    "has_wide_table",
    "structure",
]
