"""Truth: grad_bh is made of grad_h, the derivative by the hidden activation; grad_htilde (after tanh's slope) belongs
there, as it stands in grad_Wh one line above. Softmax and cross-entropy, mean over the batch, rows.
"""
import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def nll(one_hot, probs):
    return -np.mean(np.sum(one_hot * np.log(probs), axis=1))


class MultilayerPerceptron:
    def __init__(self, input_size, hidden_size, nb_classes):
        self.Wh = np.random.uniform(size=(input_size, hidden_size), low=-0.5, high=0.5)
        self.bh = np.zeros(hidden_size)
        self.Wo = np.random.uniform(size=(hidden_size, nb_classes), low=-0.5, high=0.5)
        self.bo = np.zeros(nb_classes)

    def forward(self, x):
        self.htilde = x @ self.Wh + self.bh
        self.h = np.tanh(self.htilde)
        self.otilde = self.h @ self.Wo + self.bo
        return softmax(self.otilde)

    def backward(self, x, probs, one_hot):
        n = len(x)
        grad_otilde = (probs - one_hot) / n
        grad_Wo = self.h.T @ grad_otilde
        grad_bo = grad_otilde.sum(axis=0)
        grad_h = grad_otilde @ self.Wo.T
        grad_htilde = grad_h * (1 - self.h**2)
        grad_Wh = x.T @ grad_htilde
        grad_bh = grad_h.sum(axis=0)
        return {"Wh": grad_Wh, "bh": grad_bh, "Wo": grad_Wo, "bo": grad_bo}
