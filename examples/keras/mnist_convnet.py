"""Handwritten digits with a small convolutional network. Keras runs it with `import keras` in place of handnn."""

import handnn as keras
from handnn.data import load  # in Keras: keras.datasets.mnist.load_data()

SAMPLES, EPOCHS = 4000, 3

keras.utils.set_random_seed(1)
data = load("mnist5k")
x, y = data.x_train[:SAMPLES].reshape(-1, 28, 28, 1), data.y_train[:SAMPLES]

model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ],
    name="mnist_convnet",
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=64, epochs=EPOCHS, validation_split=0.1, verbose=2)
