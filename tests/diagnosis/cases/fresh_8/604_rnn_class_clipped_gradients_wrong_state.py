"""Truth: dWh takes the state of the same step, hidden_states[t + 1]; the state before it belongs there.
A recurrent network that keeps its states in a list that begins with zeros; gradients are clipped.
"""
import numpy as np


class RNN:
    def __init__(self, input_size=3, hidden_size=5, output_size=3):
        self.hidden_size = hidden_size
        self.Wx = np.random.randn(hidden_size, input_size) * 0.4
        self.Wh = np.random.randn(hidden_size, hidden_size) * 0.4
        self.Wy = np.random.randn(output_size, hidden_size) * 0.4
        self.bh = np.zeros((hidden_size, 1))
        self.by = np.zeros((output_size, 1))

    def forward(self, inputs):
        self.inputs = inputs
        self.hidden_states = [np.zeros((self.hidden_size, 1))]
        outputs = []
        for x in inputs:
            h = np.tanh(self.Wx @ x + self.Wh @ self.hidden_states[-1] + self.bh)
            self.hidden_states.append(h)
            outputs.append(self.Wy @ h + self.by)
        return outputs

    def backward(self, dY):
        dWx, dWh, dWy = np.zeros_like(self.Wx), np.zeros_like(self.Wh), np.zeros_like(self.Wy)
        dbh, dby = np.zeros_like(self.bh), np.zeros_like(self.by)
        dh_next = np.zeros_like(self.hidden_states[0])
        for t in reversed(range(len(dY))):
            h = self.hidden_states[t + 1]
            dWy += dY[t] @ h.T
            dby += dY[t]
            dh = self.Wy.T @ dY[t] + dh_next
            dhraw = (1 - h * h) * dh
            dbh += dhraw
            dWx += dhraw @ self.inputs[t].T
            dWh += dhraw @ h.T
            dh_next = self.Wh.T @ dhraw
        for grad in (dWx, dWh, dWy, dbh, dby):
            np.clip(grad, -50, 50, out=grad)
        return dWx, dWh, dWy, dbh, dby
