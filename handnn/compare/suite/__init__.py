"""The same optimizers on several data sets: a comparison for each, and what they say together."""
