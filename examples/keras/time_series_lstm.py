"""The next value of a noisy time series from the last 24, with an LSTM."""

import numpy as np

import handnn as keras

SAMPLES, EPOCHS = 1500, 5
WINDOW = 24

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
time = np.arange(SAMPLES + WINDOW)
series = np.sin(time / 6) + 0.5 * np.sin(time / 17) + 0.1 * rng.normal(size=time.size)
x = np.lib.stride_tricks.sliding_window_view(series[:-1], WINDOW)[:SAMPLES, :, np.newaxis].astype("float32")
y = series[WINDOW : WINDOW + SAMPLES].astype("float32")[:, np.newaxis]

model = keras.Sequential(
    [
        keras.Input((WINDOW, 1)),
        keras.layers.LSTM(24, return_sequences=True),
        keras.layers.LSTM(12),
        keras.layers.Dense(1),
    ],
    name="time_series",
)
model.compile(keras.optimizers.Adam(0.005), "mse", metrics=["mae"])
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
history = model.fit(x, y, batch_size=32, epochs=EPOCHS, validation_split=0.2, callbacks=[stop], verbose=2)
