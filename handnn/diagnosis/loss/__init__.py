"""Is a function the loss it is said to be, and its gradient the gradient?"""
