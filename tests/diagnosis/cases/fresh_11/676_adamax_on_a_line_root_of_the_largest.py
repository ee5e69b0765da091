"""Truth: v is the largest (decayed) size of the gradient, no square, so the step must be divided by v itself; its root stands there, as in
Adam. A whole training function for a line; one random point a step, lists over the parameters.
"""
import numpy as np


class Line:
    """Linear model with two weights, w0 (intercept) and w1 (slope)."""

    def __init__(self):
        self.weights = [np.random.uniform(0, 1, 1) for _ in range(2)]

    def evaluate(self, x):
        return self.weights[0] + self.weights[1] * x

    def derivate(self, x, y):
        """The partial derivatives of the squared error of a point."""
        yhat = self.evaluate(x)
        return [self.dx_w0(x, y, yhat), self.dx_w1(x, y, yhat)]

    def dx_w0(self, x, y, yhat):
        return 2 * (yhat - y)

    def dx_w1(self, x, y, yhat):
        return 2 * x * (yhat - y)


def stochastic_sample(xs, ys):
    perm = np.random.permutation(len(xs))
    return xs[perm[0]], ys[perm[0]]


def adamax(model, xs, ys, learning_rate=0.1, b1=0.9, b2=0.999, max_iteration=200):
    num_param = len(model.weights)
    m = [0 for _ in range(num_param)]
    v = [0 for _ in range(num_param)]

    for t in range(1, max_iteration):
        # Calculate the gradients
        x, y = stochastic_sample(xs, ys)
        g = model.derivate(x, y)

        # Update the m and v parameter
        m = [b1 * m_i + (1 - b1) * g_i for m_i, g_i in zip(m, g)]
        v = [np.maximum(b2 * v_i, np.absolute(g_i)) for v_i, g_i in zip(v, g)]

        # Bias correction for m only
        m_cor = [m_i / (1 - (b1**t)) for m_i in m]

        # Update the parameter
        model.weights = [weight - (learning_rate / np.sqrt(v_i)) * m_cor_i for weight, v_i, m_cor_i in zip(model.weights, v, m_cor)]


if __name__ == "__main__":
    np.random.seed(0)
    xs, ys = [1, 2, 3, 4, 5, 6, 7], [3, 5, 7, 9, 11, 13, 15]
    model = Line()
    adamax(model, xs, ys)
    print(model.weights)
