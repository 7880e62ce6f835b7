"""What may be said of a signed PDF, from what was found: the whole file, then each signature."""
