"""Are the loss and gradients of a dense network those they are said to be?"""
