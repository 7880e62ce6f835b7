"""The validation report of ETSI TS 119 102-2, for machines: our verdict, and what it stands on."""
