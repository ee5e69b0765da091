"""Kinds of model for tables and graphs."""

from typing import Any

from .base import WORDS, kind
from .pictures import compiled


@kind
def hearts(k: Any) -> Any:
    """A table of patients: normalized numbers beside encoded categories."""
    numbers, category = k.Input((4,)), k.Input((3,))
    x = k.layers.Concatenate()([k.layers.Normalization(mean=0.5, variance=2.0)(numbers), category])
    x = k.layers.Dropout(0.5)(k.layers.Dense(6, activation="relu")(x))
    return compiled(k.Model([numbers, category], k.layers.Dense(1, activation="sigmoid")(x)), "binary_crossentropy")


@kind
def fraud(k: Any) -> Any:
    """Rare fraud: Dense layers with dropout."""
    layers = [k.Input((7,)), k.layers.Dense(6, activation="relu"), k.layers.Dense(6, activation="relu")]
    layers += [k.layers.Dropout(0.3), k.layers.Dense(6, activation="relu"), k.layers.Dropout(0.3)]
    return compiled(k.Sequential([*layers, k.layers.Dense(1, activation="sigmoid")]), "binary_crossentropy")


@kind
def wide_and_deep(k: Any) -> Any:
    """Forests: products of the inputs beside Dense layers."""
    inputs = [k.Input((4,)), k.Input((), dtype="int32")]
    x = k.layers.Concatenate()([inputs[0], k.layers.Embedding(WORDS, 3)(inputs[1])])
    crossed = x
    for _ in range(2):
        crossed = k.layers.Add()([k.layers.Multiply()([x, k.layers.Dense(7)(crossed)]), crossed])
    deep = k.layers.BatchNormalization()(x)
    for units in (6, 5):
        deep = k.layers.ReLU()(k.layers.BatchNormalization()(k.layers.Dense(units)(deep)))
        deep = k.layers.Dropout(0.1)(deep)
    x = k.layers.Dense(3, activation="softmax")(k.layers.concatenate([k.layers.BatchNormalization()(crossed), deep]))
    return compiled(k.Model(inputs, x), "sparse_categorical_crossentropy")


@kind
def table_transformer(k: Any) -> Any:
    """Incomes: attention between the columns of categories, numbers beside it."""
    numbers, columns = k.Input((3,)), k.Input((4,), dtype="int32")
    x = k.layers.Embedding(WORDS, 4)(columns)
    for _ in range(2):
        h = k.layers.MultiHeadAttention(num_heads=2, key_dim=4, dropout=0.2)(x, x)
        x = k.layers.LayerNormalization(epsilon=1e-6)(k.layers.Add()([h, x]))
        fed = k.layers.Dropout(0.2)(k.layers.Dense(4, activation="gelu")(k.layers.LayerNormalization()(x)))
        x = k.layers.LayerNormalization(epsilon=1e-6)(k.layers.Add()([fed, x]))
    x = k.layers.concatenate([k.layers.Flatten()(x), k.layers.LayerNormalization(epsilon=1e-6)(numbers)])
    x = k.layers.Dropout(0.2)(k.layers.Dense(6, activation="selu")(k.layers.BatchNormalization()(x)))
    model = k.Model([numbers, columns], k.layers.Dense(1, activation="sigmoid")(x))
    model.compile(k.optimizers.AdamW(0.001, weight_decay=0.0001), "binary_crossentropy")
    return model


@kind
def space_of_features(k: Any) -> Any:
    """A table whose columns were encoded and crossed before the network."""
    x = inputs = k.Input((11,))
    x = k.layers.Dropout(0.5)(k.layers.Dense(6, activation="relu")(x))
    return compiled(k.Model(inputs, k.layers.Dense(1, activation="sigmoid")(x)), "binary_crossentropy")


@kind
def walks_in_a_graph(k: Any) -> Any:
    """Films seen together: one table of vectors for both, and their product."""
    pair = [k.Input((), dtype="int32"), k.Input((), dtype="int32")]
    table = k.layers.Embedding(WORDS, 4, embeddings_regularizer=k.regularizers.L2(1e-6), name="films")
    logits = k.layers.Dot(axes=1)([table(part) for part in pair])
    model = k.Model(pair, logits)
    model.compile("adam", k.losses.BinaryCrossentropy(from_logits=True))
    return model
