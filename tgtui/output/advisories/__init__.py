"""Advisories and audits, in words and for other programs."""
