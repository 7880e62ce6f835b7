"""A contract in files for other programs: the text to annotate, the commitments in a table.

``word`` writes the .docx, ``tables`` the .xlsx and the .csv. Canonical content in, bytes out: nothing here
reads the database. They are copies to work on; the PDF alone is what is approved and signed.
"""

from contracts.exports.tables import csv_of, xlsx_of
from contracts.exports.word import docx_of

__all__ = ["csv_of", "docx_of", "xlsx_of"]
