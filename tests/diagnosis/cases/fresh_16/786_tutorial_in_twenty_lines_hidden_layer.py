"""Truth: what the first matrix is moved by. A script of a few lines, the whole table at once, uphill on the error y - out."""
import numpy as np

np.random.seed(1)

# three switches and a column that is always on; the lamp burns when an odd number is up
switches = np.array([[0, 0, 0, 1],
                     [0, 0, 1, 1],
                     [0, 1, 0, 1],
                     [0, 1, 1, 1],
                     [1, 0, 0, 1],
                     [1, 1, 1, 1]])
lamp = np.array([[0, 1, 1, 0, 1, 1]]).T


def act(x, slope=False):
    if slope == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


weights0 = np.random.uniform(-1, 1, (4, 5))
weights1 = np.random.uniform(-1, 1, (5, 1))

for step in range(3000):
    # up
    hidden = act(np.dot(switches, weights0))
    out = act(np.dot(hidden, weights1))

    error = lamp - out
    cost = 0.5 * np.sum(error ** 2)

    # down
    out_delta = error * act(out, slope=True)
    hidden_error = out_delta.dot(weights1.T)

    weights1 += hidden.T.dot(out_delta)
    weights0 += switches.T.dot(hidden_error)

    if step % 500 == 0:
        print("cost", cost)

print("after training:", out.ravel())
