"""`handnn compare --surfaces`: the paths of optimizers on functions of x and y, compared with Keras'."""
