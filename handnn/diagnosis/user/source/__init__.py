"""A user's source: imported, copied, parsed, and the words that people use."""
