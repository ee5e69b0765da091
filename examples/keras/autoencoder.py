"""Digits through a narrow middle and back: convolutions down, Conv2DTranspose up."""

import handnn as keras
from handnn.data import load

SAMPLES, EPOCHS = 2000, 3

keras.utils.set_random_seed(1)
x = load("mnist5k").x_train[:SAMPLES].reshape(-1, 28, 28, 1)
x = (x - x.min()) / (x.max() - x.min())

picture = keras.Input((28, 28, 1), name="picture")
h = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(picture)
h = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="middle")(h)
h = keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(h)
h = keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(h)
model = keras.Model(picture, keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(h), name="autoencoder")
model.compile("adam", "binary_crossentropy")
y = x
history = model.fit(x, y, batch_size=64, epochs=EPOCHS, validation_split=0.1, verbose=2)
