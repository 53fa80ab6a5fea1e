"""One visit with a browser: steps, recorder, direct download, limits, quality."""
