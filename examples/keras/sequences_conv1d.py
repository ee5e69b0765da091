"""Reviews as sequences of word numbers, good or bad, with Conv1D. The data are made: some words tell."""

import numpy as np

import handnn as keras

SAMPLES, EPOCHS = 2000, 5
WORDS, LENGTH = 500, 40

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
y = rng.integers(0, 2, SAMPLES)
x = rng.integers(1, WORDS, (SAMPLES, LENGTH))
telling = rng.integers(1, 30, x.shape)
x = np.where(rng.random(x.shape) < 0.1, np.where(y[:, None] == 1, telling, telling + 30), x)

model = keras.Sequential(
    [
        keras.Input((LENGTH,), dtype="int32"),
        keras.layers.Embedding(WORDS, 16),
        keras.layers.Dropout(0.2),
        keras.layers.Conv1D(32, 5, padding="same", activation="relu"),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ],
    name="reviews_conv1d",
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=32, epochs=EPOCHS, validation_split=0.2, verbose=2)
