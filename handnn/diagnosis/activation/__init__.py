"""Is a function the activation it is said to be, and its derivative the derivative?"""
