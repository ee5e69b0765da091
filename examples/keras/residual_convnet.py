"""Handwritten digits with residual blocks of convolutions, batch normalization, and strides in place of pooling."""

import handnn as keras
from handnn.data import load

SAMPLES, EPOCHS = 2000, 4


def block(x, filters, strides):
    """Two convolutions, and a way around them."""
    h = keras.layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    h = keras.layers.Activation("relu")(keras.layers.BatchNormalization(momentum=0.8)(h))
    h = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(h)
    h = keras.layers.BatchNormalization(momentum=0.8)(h)
    if strides > 1:
        x = keras.layers.Conv2D(filters, 1, strides=strides)(x)
    return keras.layers.Activation("relu")(keras.layers.Add()([x, h]))


keras.utils.set_random_seed(1)
data = load("mnist5k")
x, y = data.x_train[:SAMPLES].reshape(-1, 28, 28, 1), data.y_train[:SAMPLES]

picture = keras.Input((28, 28, 1), name="picture")
h = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(picture)
h = block(h, 8, 1)
h = block(h, 16, 2)
h = keras.layers.GlobalAveragePooling2D()(h)
model = keras.Model(picture, keras.layers.Dense(10, activation="softmax")(h), name="residual")
model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=64, epochs=EPOCHS, validation_split=0.1, verbose=2)
