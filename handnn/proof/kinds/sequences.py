"""Kinds of model for texts, series and sound."""

from typing import Any

from .base import WORDS, kind
from .pictures import compiled


@kind
def reviews_both_ways(k: Any) -> Any:
    """Reviews of films: two bidirectional LSTMs."""
    x = inputs = k.Input((6,), dtype="int32")
    x = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True))(k.layers.Embedding(WORDS, 4)(x))
    x = k.layers.Dense(1, activation="sigmoid")(k.layers.Bidirectional(k.layers.LSTM(3))(x))
    return compiled(k.Model(inputs, x), "binary_crossentropy")


@kind
def reviews_convolved(k: Any) -> Any:
    """Reviews of films: convolutions with strides, and the maximum over time."""
    x = inputs = k.Input((16,), dtype="int32")
    x = k.layers.Dropout(0.5)(k.layers.Embedding(WORDS, 4)(x))
    for _ in range(2):
        x = k.layers.Conv1D(4, 3, padding="valid", activation="relu", strides=2)(x)
    x = k.layers.Dropout(0.5)(k.layers.Dense(4, activation="relu")(k.layers.GlobalMaxPooling1D()(x)))
    return compiled(k.Model(inputs, k.layers.Dense(1, activation="sigmoid")(x)), "binary_crossentropy")


@kind
def given_word_vectors(k: Any) -> Any:
    """News by subject: word vectors that do not train, convolutions, poolings."""
    x = inputs = k.Input((14,), dtype="int32")
    x = k.layers.Embedding(WORDS, 4, trainable=False)(x)
    x = k.layers.MaxPooling1D(2)(k.layers.Conv1D(4, 3, activation="relu")(x))
    x = k.layers.GlobalMaxPooling1D()(k.layers.Conv1D(4, 3, activation="relu")(x))
    x = k.layers.Dropout(0.5)(k.layers.Dense(4, activation="relu")(x))
    return compiled(k.Model(inputs, k.layers.Dense(3, activation="softmax")(x)), "sparse_categorical_crossentropy")


@kind
def reviews_of_which_to_ask(k: Any) -> Any:
    """Reviews of films with the maximum over the time of a bidirectional LSTM."""
    layers = [k.Input((6,), dtype="int32"), k.layers.Embedding(WORDS, 4)]
    layers += [k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True)), k.layers.GlobalMaxPool1D()]
    layers += [k.layers.Dense(5, activation="relu"), k.layers.Dropout(0.5), k.layers.Dense(1, activation="sigmoid")]
    return compiled(k.Sequential(layers), "binary_crossentropy", "rmsprop")


@kind
def translation_by_letters(k: Any) -> Any:
    """An LSTM reads a sentence, and its last state is the first of another one."""
    source, target = k.Input((5, 4)), k.Input((4, 3))
    _, h, c = k.layers.LSTM(3, return_state=True)(source)
    x, _, _ = k.layers.LSTM(3, return_sequences=True, return_state=True)(target, initial_state=[h, c])
    return compiled(k.Model([source, target], k.layers.Dense(3, activation="softmax")(x)), optimizer="rmsprop")


@kind
def sums_of_numbers(k: Any) -> Any:
    """'12+34' is read by an LSTM, and written by another one from what is repeated to it."""
    layers = [k.Input((5, 4)), k.layers.LSTM(4), k.layers.RepeatVector(3), k.layers.LSTM(4, return_sequences=True)]
    return compiled(k.Sequential([*layers, k.layers.Dense(4, activation="softmax")]))


@kind
def labels_of_titles(k: Any) -> Any:
    """Several subjects of one title: Dense layers on counts of words."""
    layers = [k.Input((9,)), k.layers.Dense(6, activation="relu"), k.layers.Dense(5, activation="relu")]
    return compiled(k.Sequential([*layers, k.layers.Dense(4, activation="sigmoid")]), "binary_crossentropy")


@kind
def letter_by_letter(k: Any) -> Any:
    """The next letter of a text: one LSTM."""
    layers = [k.Input((6, 5)), k.layers.LSTM(4), k.layers.Dense(5, activation="softmax")]
    return compiled(k.Sequential(layers), optimizer="rmsprop")


@kind
def films_of_features(k: Any) -> Any:
    """What happens in a film: two GRUs over its pictures' features; those that are 0 are masked."""
    inputs = k.Input((5, 4))
    x = k.layers.GRU(4, return_sequences=True)(k.layers.Masking()(inputs))
    x = k.layers.Dropout(0.4)(k.layers.GRU(3)(x))
    x = k.layers.Dense(3, activation="softmax")(k.layers.Dense(4, activation="relu")(x))
    return compiled(k.Model(inputs, x), "sparse_categorical_crossentropy")


@kind
def series_convolved(k: Any) -> Any:
    """Sounds of an engine: three convolutions with normalization, the mean over time."""
    x = inputs = k.Input((12, 1))
    for _ in range(3):
        x = k.layers.ReLU()(k.layers.BatchNormalization()(k.layers.Conv1D(4, 3, padding="same")(x)))
    x = k.layers.Dense(2, activation="softmax")(k.layers.GlobalAveragePooling1D()(x))
    return compiled(k.Model(inputs, x), "sparse_categorical_crossentropy")


@kind
def series_attended(k: Any) -> Any:
    """Sounds of an engine: blocks of attention and convolution."""
    x = inputs = k.Input((8, 1))
    for _ in range(2):
        h = k.layers.MultiHeadAttention(key_dim=2, num_heads=2, dropout=0.25)(x, x)
        h = k.layers.LayerNormalization(epsilon=1e-6)(k.layers.Dropout(0.25)(h))
        x = k.layers.Add()([h, x])
        h = k.layers.Dropout(0.25)(k.layers.Conv1D(3, 1, activation="relu")(x))
        x = k.layers.Add()([k.layers.LayerNormalization(epsilon=1e-6)(k.layers.Conv1D(1, 1)(h)), x])
    x = k.layers.GlobalAveragePooling1D(data_format="channels_last")(x)
    x = k.layers.Dropout(0.4)(k.layers.Dense(4, activation="relu")(x))
    return compiled(k.Model(inputs, k.layers.Dense(2, activation="softmax")(x)), "sparse_categorical_crossentropy")


@kind
def what_is_unusual(k: Any) -> Any:
    """A series through a narrow place and back, with convolutions and transposed ones."""
    layers = [k.Input((12, 1)), k.layers.Conv1D(4, 3, padding="same", strides=2, activation="relu")]
    layers += [k.layers.Dropout(0.2), k.layers.Conv1D(3, 3, padding="same", strides=2, activation="relu")]
    layers += [k.layers.Conv1DTranspose(3, 3, padding="same", strides=2, activation="relu"), k.layers.Dropout(0.2)]
    layers += [k.layers.Conv1DTranspose(4, 3, padding="same", strides=2, activation="relu")]
    return compiled(k.Sequential([*layers, k.layers.Conv1DTranspose(1, 3, padding="same")]), "mse")


@kind
def weather(k: Any) -> Any:
    """The temperature of tomorrow: an LSTM."""
    x = inputs = k.Input((6, 3))
    return compiled(k.Model(inputs, k.layers.Dense(1)(k.layers.LSTM(4)(x))), "mse")


@kind
def brain_waves(k: Any) -> Any:
    """Waves of a brain: convolutions with strides and LeakyReLU, wide Dense layers."""
    x = inputs = k.Input((24, 1))
    for filters in (3, 4, 5):
        x = k.layers.Conv1D(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = k.layers.BatchNormalization()(x)
    x = k.layers.Flatten()(k.layers.Conv1D(4, 3, strides=2, padding="same", activation="relu")(x))
    for units in (6, 5):
        x = k.layers.Dense(units, kernel_regularizer=k.regularizers.L2())(k.layers.Dropout(0.2)(x))
        x = k.layers.LeakyReLU()(x)
    return compiled(k.Model(inputs, k.layers.Dense(3, activation="softmax")(x)))


@kind
def speakers(k: Any) -> Any:
    """Who speaks: residual convolutions over the frequencies."""
    x = inputs = k.Input((16, 1))
    for filters in (3, 4):
        around = k.layers.Conv1D(filters, 1, padding="same")(x)
        x = k.layers.Activation("relu")(k.layers.Conv1D(filters, 3, padding="same")(x))
        x = k.layers.Add()([k.layers.Conv1D(filters, 3, padding="same")(x), around])
        x = k.layers.MaxPool1D(pool_size=2, strides=2)(k.layers.Activation("relu")(x))
    x = k.layers.Flatten()(k.layers.AveragePooling1D(pool_size=3, strides=3)(x))
    x = k.layers.Dense(3, activation="softmax")(k.layers.Dense(5, activation="relu")(x))
    return compiled(k.Model(inputs, x), "sparse_categorical_crossentropy")


@kind
def accents(k: Any) -> Any:
    """Where somebody is from: Dense layers on given features, with normalization and dropout."""
    layers = [k.Input((9,))]
    for units in (6, 5):
        layers += [k.layers.Dense(units, activation="relu"), k.layers.Dropout(0.2), k.layers.BatchNormalization()]
    return compiled(k.Sequential([*layers, k.layers.Dense(3, activation="softmax")]))
