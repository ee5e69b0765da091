"""Truth: skipgram adds the gradient of the centre word to all rows of the input vectors, since `+=` spreads it. The cost of
negative sampling below is right, with repeated samples too. I have plugged in numbers for days, the check still fails.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling(predicted, target, outputVectors, samples):
    sig = sigmoid(np.dot(outputVectors[target], predicted))
    cost = -np.log(sig)
    gradPred = -outputVectors[target] * (1 - sig)
    grad = np.zeros_like(outputVectors)
    for k in samples:
        s = sigmoid(np.dot(outputVectors[k], predicted))
        cost -= np.log(1 - s)
        gradPred += s * outputVectors[k]
        grad[k] += s * predicted
    grad[target] += -predicted * (1 - sig)
    return cost, gradPred, grad


def skipgram(inputVectors, outputVectors, current, context, samples):
    cost = 0.0
    gradIn = np.zeros(inputVectors.shape)
    gradOut = np.zeros(outputVectors.shape)
    r_hat = inputVectors[current]
    for target, drawn in zip(context, samples):
        cost_0, gradIn_0, gradOut_0 = neg_sampling(r_hat, target, outputVectors, drawn)
        cost += cost_0
        gradIn += gradIn_0
        gradOut += gradOut_0
    return cost, gradIn, gradOut


if __name__ == "__main__":
    rng = np.random.RandomState(31415)
    tokens = {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}
    W_in = rng.randn(5, 3)
    W_out = rng.randn(5, 3)
    context = [tokens[w] for w in "abed"]
    samples = [[2, 2, 1], [0, 3, 4], [2, 0, 0], [1, 4, 2]]
    for step in range(10):
        cost, g_in, g_out = skipgram(W_in, W_out, tokens["c"], context, samples)
        W_in -= 0.05 * g_in
        W_out -= 0.05 * g_out
        print(cost)
