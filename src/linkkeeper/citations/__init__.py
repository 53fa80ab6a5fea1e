"""What an analysis cites: notes, the exact URLs in them, and what refers to what."""
