"""Kinds of model for clouds of points."""

from typing import Any

from .base import kind
from .pictures import compiled


def moved(k: Any, x: Any, features: int) -> Any:
    """Return points times a matrix that a small network makes from all of them."""
    h = x
    for filters in (4, 6):
        h = k.layers.Activation("relu")(k.layers.BatchNormalization()(k.layers.Conv1D(filters, 1)(h)))
    h = k.layers.Dense(5, activation="relu")(k.layers.GlobalMaxPooling1D()(h))
    own = k.regularizers.OrthogonalRegularizer(0.001)
    h = k.layers.Dense(features**2, kernel_initializer="zeros", kernel_regularizer=own)(h)
    return k.layers.Dot(axes=(2, 1))([x, k.layers.Reshape((features, features))(h)])


@kind
def points_classified(k: Any) -> Any:
    """What a cloud of points is: learned transformations, one convolution for all points, their maximum."""
    x = inputs = k.Input((7, 3))
    x = k.layers.Conv1D(4, 1, activation="relu")(moved(k, x, 3))
    x = k.layers.BatchNormalization()(k.layers.Conv1D(6, 1)(moved(k, x, 4)))
    x = k.layers.Dropout(0.3)(k.layers.Dense(5, activation="relu")(k.layers.GlobalMaxPooling1D()(x)))
    return compiled(k.Model(inputs, k.layers.Dense(3, activation="softmax")(x)), "sparse_categorical_crossentropy")


@kind
def points_segmented(k: Any) -> Any:
    """A class for each point: its own features beside those of the whole cloud."""
    x = inputs = k.Input((7, 3))
    own = k.layers.Conv1D(4, 1, activation="relu")(moved(k, x, 3))
    x = k.layers.BatchNormalization()(k.layers.Conv1D(6, 1, activation="relu")(own))
    whole = k.layers.UpSampling1D(7)(k.layers.MaxPooling1D(7)(x))
    x = k.layers.Conv1D(5, 1, activation="relu")(k.layers.Concatenate()([own, x, whole]))
    return compiled(k.Model(inputs, k.layers.Conv1D(3, 1, activation="softmax")(x)))
