"""Repairing a published text: decide, anchors, splice, prove, undo."""
