"""Reviews of different lengths, padded with 0, good or bad, with two bidirectional LSTMs. The data are made."""

import numpy as np

import handnn as keras

SAMPLES, EPOCHS = 1000, 4
WORDS, LONGEST = 200, 20

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
y = rng.integers(0, 2, SAMPLES)
x = rng.integers(61, WORDS, (SAMPLES, LONGEST))
telling = rng.integers(1, 30, x.shape)
x = np.where(rng.random(x.shape) < 0.2, np.where(y[:, None] == 1, telling, telling + 30), x)
x[np.arange(LONGEST) >= rng.integers(5, LONGEST + 1, (SAMPLES, 1))] = 0

model = keras.Sequential(
    [
        keras.Input((LONGEST,), dtype="int32"),
        keras.layers.Embedding(WORDS, 16, mask_zero=True),
        keras.layers.Bidirectional(keras.layers.LSTM(16, return_sequences=True)),
        keras.layers.Bidirectional(keras.layers.LSTM(16)),
        keras.layers.Dense(1, activation="sigmoid"),
    ],
    name="reviews_bidirectional",
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=32, epochs=EPOCHS, validation_split=0.2, verbose=2)
