"""Find and call whatever is in people's files."""
