"""Is a step function the optimizer's rule it is said to be?"""
