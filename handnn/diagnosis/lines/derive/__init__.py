"""The true derivatives of a recorded run, and which results are wrong."""
