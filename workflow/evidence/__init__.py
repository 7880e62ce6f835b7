"""The evidence of a signed contract: a file that proves it without this platform; its transfer (SEDA)."""
