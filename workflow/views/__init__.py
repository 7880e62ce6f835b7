"""Pages: fetch with authorisation, form, one act, answer."""
