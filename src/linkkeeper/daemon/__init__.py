"""The beats of the long-running process."""
