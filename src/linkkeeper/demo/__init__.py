"""The bundled analysis and its small web."""
