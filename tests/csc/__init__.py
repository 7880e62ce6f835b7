"""A remote signing service of ours, stricter than the standard asks: CSC API v1.0.4 and v2.0.0.2."""
