"""Truth: the gradient that goes to the state before has to pass the tanh first: dhnext = Wh.T @ draw, and not Wh.T @ dh. An Elman
network in columns that foretells the next value of a wave, its weights in a class, trained in windows.
"""
import numpy as np


class ElmanForecaster:
    def __init__(self, hidden, seed=5):
        r = np.random.RandomState(seed)
        self.Wx = r.randn(hidden, 1) * 0.5
        self.Wh = r.randn(hidden, hidden) * 0.3
        self.bh = np.zeros((hidden, 1))
        self.Wo = r.randn(1, hidden) * 0.5
        self.bo = np.zeros((1, 1))

    def loss_and_gradients(self, series, targets, h0):
        hs = {-1: h0}
        errors = {}
        loss = 0.0
        for t, value in enumerate(series):
            hs[t] = np.tanh(self.Wx * value + self.Wh @ hs[t - 1] + self.bh)
            forecast = self.Wo @ hs[t] + self.bo
            errors[t] = forecast - targets[t]
            loss += 0.5 * float(errors[t][0, 0]) ** 2

        dWx, dWh, dbh = np.zeros_like(self.Wx), np.zeros_like(self.Wh), np.zeros_like(self.bh)
        dWo, dbo = np.zeros_like(self.Wo), np.zeros_like(self.bo)
        dhnext = np.zeros_like(h0)
        for t in reversed(range(len(series))):
            dWo += errors[t] @ hs[t].T
            dbo += errors[t]
            dh = self.Wo.T @ errors[t] + dhnext
            draw = (1 - hs[t] ** 2) * dh
            dbh += draw
            dWx += draw * series[t]
            dWh += draw @ hs[t - 1].T
            dhnext = self.Wh.T @ dh
        return loss, (dWx, dWh, dbh, dWo, dbo), hs[len(series) - 1]

    def step(self, gradients, rate):
        for weight, gradient in zip((self.Wx, self.Wh, self.bh, self.Wo, self.bo), gradients):
            weight -= rate * np.clip(gradient, -1, 1)


if __name__ == "__main__":
    wave = np.sin(np.arange(0, 40, 0.4)) + 0.3 * np.sin(np.arange(0, 40, 0.4) * 2.3)
    net = ElmanForecaster(hidden=8)
    window = 10
    for epoch in range(60):
        state = np.zeros((8, 1))
        total = 0.0
        for start in range(0, len(wave) - window - 1, window):
            loss, grads, state = net.loss_and_gradients(
                wave[start:start + window], wave[start + 1:start + window + 1], state)
            net.step(grads, 0.02)
            total += loss
        if epoch % 20 == 0:
            print(epoch, total)
