"""What is claimed, kept apart from what is fact."""
