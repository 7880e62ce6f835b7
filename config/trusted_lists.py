"""The settings of the trusted lists of the Union (signatures/lists), and the levels asked of signatories."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.environment import environment, flag

# Fetched from these hosts alone, at the addresses that the list of the lists names; or loaded from files
# (manage.py load_trusted_lists) where TRUSTED_LISTS_FETCHED says no.
TRUSTED_LISTS_FETCHED = flag("TRUSTED_LISTS_FETCHED", default=not flag("DEMONSTRATION", default=False))
TRUSTED_LIST_TERRITORIES = (environment("TRUSTED_LIST_TERRITORIES") or "FR").split(",")
TRUSTED_LIST_HOSTS = (
    environment("TRUSTED_LIST_HOSTS") or "ec.europa.eu,cyber.gouv.fr,www.ssi.gouv.fr,ssi.gouv.fr"
).split(",")
TRUSTED_LIST_PRIVATE_HOSTS = (environment("TRUSTED_LIST_PRIVATE_HOSTS") or "").split(",")  # a mirror of ours
TRUSTED_LIST_CA_FILE = environment("TRUSTED_LIST_CA_FILE")  # whose certificates such a mirror has
LOTL_URL = environment("LOTL_URL") or "https://ec.europa.eu/tools/lotl/eu-lotl.xml"
# who signs the list of the lists (PEM), where pyHanko is behind the Official Journal; its pivots follow it
LOTL_CERTIFICATES = [Path(p) for p in (environment("LOTL_CERTIFICATES") or "").split(",") if p]
# the least that a signature of value is, by kind of signatory: « qualified » or « advanced_qualified »
PARTY_SIGNATURE_LEVEL = environment("PARTY_SIGNATURE_LEVEL") or "qualified"
PARTNER_SIGNATURE_LEVEL = environment("PARTNER_SIGNATURE_LEVEL") or "advanced_qualified"
for _level in (PARTY_SIGNATURE_LEVEL, PARTNER_SIGNATURE_LEVEL):
    if _level not in ("qualified", "advanced_qualified"):
        raise ImproperlyConfigured(
            "PARTY_SIGNATURE_LEVEL et PARTNER_SIGNATURE_LEVEL valent « qualified » ou "
            f"« advanced_qualified », pas « {_level} »."
        )
