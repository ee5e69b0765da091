"""TensorBoard logs without TensorFlow: tag names, histograms, pictures, a writer and a strict reader.

Nothing is imported here. Each module is imported where it is used, and none of them imports TensorFlow or
Keras:

- ``tags``: the tags of logged values, the same for handnn and Keras;
- ``histogram``: the buckets of ``tf.summary.histogram``, bit-identical;
- ``pictures``: weights and decision boundaries as small images;
- ``writer``: writes one event file of a run;
- ``read``: reads event files and checks every byte.
"""
