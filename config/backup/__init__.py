"""A whole installation kept as one set, and put back: database, documents, anchors, and the keys apart.

A set is a folder that carries the name of a set only once it is whole: the dump of one snapshot of the
database, every document that this snapshot names, the anchors of its journal, ``SHA256SUMS`` over all of
them (``sha256sum -c`` reads it) and, last, ``manifest.json``, which holds the digest of the sums.

A document is written before the row that names it and never changed: copied after the snapshot was
taken, whatever is signed meanwhile, none that the snapshot names is missing.
"""
