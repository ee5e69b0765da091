"""Somebody's file: what is in it, how it is called, what it returns, in a process of its own."""
