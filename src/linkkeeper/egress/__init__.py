"""The one gate for every outgoing byte: resolve, refuse, connect."""
