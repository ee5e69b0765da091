"""Truth: c = f * c_prev + i * g, so the error of the input gate is that of the cell times g; the gate's own activation ia stands in its
place. A cell with a cache for each step, rows [x, h], a weight for each gate; a finite-difference check found it.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTMCell:
    GATES = ("forget", "input", "gate", "output")

    def __init__(self, inputs=3, hidden=4):
        self.inputs, self.hidden = inputs, hidden
        self.weights = {g: np.random.uniform(-0.6, 0.6, (inputs + hidden, hidden)) for g in self.GATES}
        self.biases = {g: np.zeros(hidden) for g in self.GATES}

    def forward(self, sequence):
        """Sequence: (steps, batch, inputs); returns the activation of every step."""
        batch = sequence.shape[1]
        activation, cell = np.zeros((batch, self.hidden)), np.zeros((batch, self.hidden))
        self.cache, outputs = [], []
        for x in sequence:
            concat = np.concatenate([x, activation], axis=1)
            z = {g: concat @ self.weights[g] + self.biases[g] for g in self.GATES}
            fa, ia, oa = sigmoid(z["forget"]), sigmoid(z["input"]), sigmoid(z["output"])
            ga = np.tanh(z["gate"])
            previous_cell, cell = cell, fa * cell + ia * ga
            activation = oa * np.tanh(cell)
            self.cache.append((concat, fa, ia, ga, oa, cell, previous_cell))
            outputs.append(activation)
        return np.stack(outputs)

    def backward(self, deltas):
        self.weight_gradients = {g: np.zeros_like(w) for g, w in self.weights.items()}
        self.bias_gradients = {g: np.zeros_like(b) for g, b in self.biases.items()}
        input_errors = np.zeros(deltas.shape[:2] + (self.inputs,))
        next_activation_error = np.zeros_like(deltas[0])
        next_cell_error = np.zeros_like(deltas[0])
        for t in reversed(range(len(deltas))):
            concat, fa, ia, ga, oa, cell, previous_cell = self.cache[t]
            activation_error = deltas[t] + next_activation_error
            tanh_cell = np.tanh(cell)
            cell_error = activation_error * oa * (1 - tanh_cell**2) + next_cell_error
            errors = {
                "output": activation_error * tanh_cell * oa * (1 - oa),
                "forget": cell_error * previous_cell * fa * (1 - fa),
                "input": cell_error * ia * ia * (1 - ia),
                "gate": cell_error * ia * (1 - ga**2),
            }
            concat_error = np.zeros_like(concat)
            for g in self.GATES:
                self.weight_gradients[g] += concat.T @ errors[g]
                self.bias_gradients[g] += errors[g].sum(axis=0)
                concat_error += errors[g] @ self.weights[g].T
            input_errors[t] = concat_error[:, : self.inputs]
            next_activation_error = concat_error[:, self.inputs :]
            next_cell_error = cell_error * fa
        return input_errors
