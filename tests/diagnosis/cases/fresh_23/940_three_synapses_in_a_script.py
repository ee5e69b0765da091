"""Truth: syn2 is updated before the error goes back through it."""
# My first neural net! 3 weight matrices, no biases. It does get better but very slowly,
# and I am not sure whether the order of the lines at the bottom matters.
import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


X = np.array([[0, 0, 1],
              [0, 1, 1],
              [1, 0, 1],
              [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])

np.random.seed(1)
syn0 = 2 * np.random.random((3, 5)) - 1
syn1 = 2 * np.random.random((5, 4)) - 1
syn2 = 2 * np.random.random((4, 1)) - 1
alpha = 0.5

for j in range(2000):
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l3 = nonlin(np.dot(l2, syn2))

    l3_error = y - l3
    if j % 500 == 0:
        print("Error: " + str(0.5 * np.sum(l3_error ** 2)))

    l3_delta = l3_error * nonlin(l3, deriv=True)
    syn2 += alpha * l2.T.dot(l3_delta)

    l2_error = l3_delta.dot(syn2.T)
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn1 += alpha * l1.T.dot(l2_delta)
    syn0 += alpha * l0.T.dot(l1_delta)

print("After training:")
print(l3)
