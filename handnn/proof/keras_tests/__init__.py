"""Keras' own unit tests, which come in its wheel, run with handnn in the place of Keras.

`families.py` lists the test files, `rules.py` what is left out and why, `names.py` finds handnn's object for a name of
Keras, `facade.py` answers the imports of a test file, `case.py` is the base class of the tests, `run.py` runs them.
"""
