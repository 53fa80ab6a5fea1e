"""What the ports are joined to, each named by its technology."""
