"""The editors' desk, the API and the reading room."""
