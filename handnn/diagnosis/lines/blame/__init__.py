"""Which recorded values are to blame for wrong results."""
