"""Revisions, oldest first; never edited once released."""
