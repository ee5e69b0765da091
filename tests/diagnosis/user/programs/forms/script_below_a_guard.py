import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

if __name__ == '__main__':
    X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    Y = np.array([[0.], [1.], [1.], [0.]])
    np.random.seed(1)
    W1 = np.random.uniform(-1, 1, (2, 3))
    W2 = np.random.uniform(-1, 1, (3, 1))
    for epoch in range(5000):
        hidden = sigmoid(X.dot(W1))
        out = sigmoid(hidden.dot(W2))
        error = Y - out
        if epoch % 1000 == 0:
            print(np.mean(np.abs(error)))
        d_out = error * out * (1 - out)  # not: d_out = error * out
        d_hidden = d_out.dot(W2.T) * hidden * (1 - hidden)
        W2 += 0.5 * hidden.T.dot(d_out)
        W1 += 0.5 * X.T.dot(d_hidden)
