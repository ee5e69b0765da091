"""Truth: the FORWARD pass is wrong: the output of a step is made of the state BEFORE it (prev_s); self.s belongs there, with which the
backward pass goes on. Gates for product and sum, one layer object for each step, two loops over time; words as integers.
"""
import numpy as np


class MultiplyGate:
    def forward(self, W, x):
        return np.dot(W, x)

    def backward(self, W, x, dz):
        return np.outer(dz, x), np.dot(W.T, dz)


class AddGate:
    def forward(self, x1, x2):
        return x1 + x2

    def backward(self, x1, x2, dz):
        return dz * np.ones_like(x1), dz * np.ones_like(x2)


class Tanh:
    def forward(self, x):
        return np.tanh(x)

    def backward(self, x, top_diff):
        return (1.0 - np.square(self.forward(x))) * top_diff


class Softmax:
    def predict(self, x):
        exp_scores = np.exp(x)
        return exp_scores / np.sum(exp_scores)

    def loss(self, x, y):
        return -np.log(self.predict(x)[y])

    def diff(self, x, y):
        probs = self.predict(x)
        probs[y] -= 1.0
        return probs


mulGate, addGate, activation = MultiplyGate(), AddGate(), Tanh()


class RNNLayer:
    def forward(self, x, prev_s, U, W, V):
        self.mulu = mulGate.forward(U, x)
        self.mulw = mulGate.forward(W, prev_s)
        self.add = addGate.forward(self.mulw, self.mulu)
        self.s = activation.forward(self.add)
        self.mulv = mulGate.forward(V, prev_s)

    def backward(self, x, prev_s, U, W, V, diff_s, dmulv):
        self.forward(x, prev_s, U, W, V)
        dV, dsv = mulGate.backward(V, self.s, dmulv)
        ds = dsv + diff_s
        dadd = activation.backward(self.add, ds)
        dmulw, dmulu = addGate.backward(self.mulw, self.mulu, dadd)
        dW, dprev_s = mulGate.backward(W, prev_s, dmulw)
        dU, dx = mulGate.backward(U, x, dmulu)
        return dprev_s, dU, dW, dV


class Model:
    def __init__(self, word_dim=6, hidden_dim=4, bptt_truncate=20):
        self.word_dim, self.hidden_dim, self.bptt_truncate = word_dim, hidden_dim, bptt_truncate
        self.U = np.random.uniform(-0.7, 0.7, (hidden_dim, word_dim))
        self.W = np.random.uniform(-0.7, 0.7, (hidden_dim, hidden_dim))
        self.V = np.random.uniform(-0.7, 0.7, (word_dim, hidden_dim))

    def one_hot(self, word):
        input = np.zeros(self.word_dim)
        input[word] = 1
        return input

    def forward_propagation(self, x):
        layers = []
        prev_s = np.zeros(self.hidden_dim)
        for t in range(len(x)):
            layer = RNNLayer()
            layer.forward(self.one_hot(x[t]), prev_s, self.U, self.W, self.V)
            prev_s = layer.s
            layers.append(layer)
        return layers

    def calculate_loss(self, x, y):
        output = Softmax()
        return sum(output.loss(layer.mulv, y[i]) for i, layer in enumerate(self.forward_propagation(x)))

    def bptt(self, x, y):
        output = Softmax()
        layers = self.forward_propagation(x)
        dU, dV, dW = np.zeros(self.U.shape), np.zeros(self.V.shape), np.zeros(self.W.shape)
        prev_s_t = np.zeros(self.hidden_dim)
        diff_s = np.zeros(self.hidden_dim)
        for t in range(0, len(layers)):
            dmulv = output.diff(layers[t].mulv, y[t])
            input = self.one_hot(x[t])
            dprev_s, dU_t, dW_t, dV_t = layers[t].backward(input, prev_s_t, self.U, self.W, self.V, diff_s, dmulv)
            prev_s_t = layers[t].s
            dmulv = np.zeros(self.word_dim)
            for i in range(t - 1, max(-1, t - self.bptt_truncate - 1), -1):
                input = self.one_hot(x[i])
                prev_s_i = np.zeros(self.hidden_dim) if i == 0 else layers[i - 1].s
                dprev_s, dU_i, dW_i, dV_i = layers[i].backward(input, prev_s_i, self.U, self.W, self.V, dprev_s, dmulv)
                dU_t += dU_i
                dW_t += dW_i
            dV += dV_t
            dU += dU_t
            dW += dW_t
        return dU, dW, dV

    def sgd_step(self, x, y, learning_rate=0.05):
        dU, dW, dV = self.bptt(x, y)
        self.U -= learning_rate * dU
        self.V -= learning_rate * dV
        self.W -= learning_rate * dW


if __name__ == "__main__":
    np.random.seed(10)
    model = Model()
    for _ in range(50):
        model.sgd_step([0, 3, 5, 1], [3, 5, 1, 2])
    print(model.calculate_loss([0, 3, 5, 1], [3, 5, 1, 2]))
