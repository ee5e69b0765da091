"""Short texts with one Transformer block: does word 0 come before word 1? The data are made."""

import numpy as np

import handnn as keras

SAMPLES, EPOCHS = 2000, 5
WORDS, LENGTH, WIDTH = 40, 12, 32

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
x = rng.integers(2, WORDS, (SAMPLES, LENGTH))
places = np.stack([rng.permutation(LENGTH)[:2] for _ in range(SAMPLES)])
np.put_along_axis(x, places, np.array([[0, 1]]), axis=1)
y = (places[:, 0] < places[:, 1]).astype("float32")

words = keras.Input((LENGTH,), dtype="int32", name="words")
h = keras.layers.Embedding(WORDS, WIDTH)(words)
h = keras.layers.EinsumDense("abc,cd->abd", (LENGTH, WIDTH), bias_axes="bd", name="places")(
    h
)  # b: a row for each place
attended = keras.layers.MultiHeadAttention(num_heads=4, key_dim=WIDTH // 4)(h, h)
h = keras.layers.LayerNormalization()(keras.layers.Add()([h, keras.layers.Dropout(0.1)(attended)]))
fed = keras.layers.Dense(WIDTH)(keras.layers.Dense(2 * WIDTH, activation="gelu")(h))
h = keras.layers.LayerNormalization()(keras.layers.Add()([h, fed]))
h = keras.layers.GlobalMaxPooling1D()(h)
model = keras.Model(words, keras.layers.Dense(1, activation="sigmoid")(h), name="text_transformer")
model.compile(keras.optimizers.AdamW(0.003), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=32, epochs=EPOCHS, validation_split=0.2, verbose=2)
