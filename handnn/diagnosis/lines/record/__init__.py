"""Rewriting a user's source so that every value of a run is written on a tape."""
