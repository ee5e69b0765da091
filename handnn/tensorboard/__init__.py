"""TensorBoard logs without TensorFlow: tag names, histograms, pictures, a writer and a strict reader.

Nothing is imported here. Each module is imported where it is used, and none of them imports TensorFlow or
Keras:

- ``tags``: which tag a value is logged under, the same on the hand-written and on the Keras side;
- ``histogram``: the buckets of ``tf.summary.histogram``, to the bit;
- ``pictures``: weights and decision boundaries as small pictures;
- ``writer``: one event file of one run;
- ``read``: reads event files back and checks every byte of them.
"""
