"""Showing what is kept: TimeGate, TimeMap, CDX answers and memento page data."""
