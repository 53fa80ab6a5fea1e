"""linkkeeper keeps the sources of published, footnoted work."""

__version__ = "0.1.0"
