"""Do two lists of words speak of the same subject? Both go through one Embedding. The data are made."""

import numpy as np

import handnn as keras

SAMPLES, EPOCHS = 4000, 8
WORDS, SUBJECTS, LENGTH = 60, 6, 8

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
first = rng.integers(0, SUBJECTS, SAMPLES)
second = np.where(rng.random(SAMPLES) < 0.5, first, rng.integers(0, SUBJECTS, SAMPLES))
own = WORDS // SUBJECTS
x = [subject[:, None] * own + rng.integers(0, own, (SAMPLES, LENGTH)) for subject in (first, second)]
y = (first == second).astype("float32")

inputs = [keras.Input((LENGTH,), dtype="int32", name=name) for name in ("left", "right")]
embedding = keras.layers.Embedding(WORDS, 16, name="words")
means = [keras.layers.GlobalAveragePooling1D()(embedding(given)) for given in inputs]
similarity = keras.layers.Dot(axes=1)(means)
model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(similarity), name="shared_embedding")
model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=32, epochs=EPOCHS, validation_split=0.2, verbose=2)
