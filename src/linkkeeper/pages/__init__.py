"""Pure reading of page bytes: text, title, links with spans, marks, shingles."""
