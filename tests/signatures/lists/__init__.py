"""Trusted lists of our own, signed as those of the Union are."""
