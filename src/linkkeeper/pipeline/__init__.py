"""The rounds: collect, keep, watch, mend; each file a paragraph."""
