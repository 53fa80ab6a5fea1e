"""The publisher's pieces: reading one edition, and the ports of where they come from."""
