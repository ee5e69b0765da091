"""Truth: the hidden error is sent back through weights that were already changed. A class that trains on one vector at a time, biases inside the weights."""
import numpy as np


class DigitNetwork:
    def __init__(self, n_inputs=64, n_hidden=20, n_outputs=10, rate=0.1, seed=None):
        rng = np.random.RandomState(seed)
        self.rate = rate
        self.layers = [
            rng.normal(0, 0.3, (n_hidden, n_inputs + 1)),
            rng.normal(0, 0.3, (n_outputs, n_hidden + 1)),
        ]

    @staticmethod
    def activation(x):
        return 1.0 / (1.0 + np.exp(-x))

    def feed_forward(self, vector):
        hidden = self.activation(np.dot(self.layers[0], np.append(vector, 1)))
        outputs = self.activation(np.dot(self.layers[1], np.append(hidden, 1)))
        return hidden, outputs

    def error(self, vector, target):
        _, outputs = self.feed_forward(vector)
        return 0.5 * np.sum((outputs - target) ** 2)

    def backpropagate(self, vector, target):
        hidden, outputs = self.feed_forward(vector)

        output_deltas = outputs * (1 - outputs) * (outputs - target)
        self.layers[1] -= self.rate * np.outer(output_deltas, np.append(hidden, 1))

        back = np.dot(self.layers[1][:, :-1].T, output_deltas)
        hidden_deltas = hidden * (1 - hidden) * back
        self.layers[0] -= self.rate * np.outer(hidden_deltas, np.append(vector, 1))

    def predict(self, vector):
        return int(np.argmax(self.feed_forward(vector)[1]))

    def train(self, vectors, labels, epochs=5):
        for epoch in range(epochs):
            for vector, label in zip(vectors, labels):
                target = np.zeros(self.layers[1].shape[0])
                target[label] = 1
                self.backpropagate(vector, target)
            hits = sum(self.predict(v) == l for v, l in zip(vectors, labels))
            print("epoch %d: %d of %d" % (epoch + 1, hits, len(labels)))


if __name__ == "__main__":
    r = np.random.RandomState(0)
    centres = r.rand(3, 16)
    labels = r.randint(3, size=60)
    vectors = centres[labels] + 0.1 * r.randn(60, 16)
    DigitNetwork(16, 8, 3, rate=0.5, seed=1).train(vectors, labels)
