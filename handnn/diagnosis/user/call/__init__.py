"""Calling a user's code on data, and finding its weights and derivatives by what they do."""
