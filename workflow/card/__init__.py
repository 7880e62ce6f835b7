"""Signing with a card: the program of the signatory, its codes, what the page says meanwhile."""
