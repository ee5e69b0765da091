"""What each optimizer tries: a grid of learning rates, or quasi-random trials of the rate and the rule's options."""
