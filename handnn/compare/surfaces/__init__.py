"""`handnn compare --surfaces`: the paths of optimizers on functions of x and y, Keras' points beside them."""
