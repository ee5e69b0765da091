"""Is a layer's backward pass the derivative of its forward pass, and is it the layer it is said to be?"""
