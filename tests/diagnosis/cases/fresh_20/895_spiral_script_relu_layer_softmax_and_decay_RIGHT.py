"""Truth: right. A script for spirals, one hidden layer of relu, softmax with weight decay and a momentum step, everything at the top level."""
import numpy as np

np.random.seed(7)
N, D, K = 30, 2, 3
X = np.zeros((N * K, D))
y = np.zeros(N * K, dtype=int)
for j in range(K):
    ix = range(N * j, N * (j + 1))
    r = np.linspace(0.0, 1, N)
    t = np.linspace(j * 4, (j + 1) * 4, N) + np.random.randn(N) * 0.2
    X[ix] = np.c_[r * np.sin(t), r * np.cos(t)]
    y[ix] = j

h = 20
W = 0.1 * np.random.randn(D, h)
b = np.zeros((1, h))
W2 = 0.1 * np.random.randn(h, K)
b2 = np.zeros((1, K))
vW, vb, vW2, vb2 = np.zeros_like(W), np.zeros_like(b), np.zeros_like(W2), np.zeros_like(b2)

step_size = 0.2
mu = 0.9
reg = 1e-3
num_examples = X.shape[0]

for i in range(400):
    hidden_layer = np.maximum(0, np.dot(X, W) + b)
    scores = np.dot(hidden_layer, W2) + b2

    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    correct_logprobs = -np.log(probs[range(num_examples), y])
    data_loss = np.sum(correct_logprobs) / num_examples
    reg_loss = 0.5 * reg * np.sum(W * W) + 0.5 * reg * np.sum(W2 * W2)
    loss = data_loss + reg_loss
    if i % 100 == 0:
        print("iteration %d: loss %f" % (i, loss))

    dscores = probs
    dscores[range(num_examples), y] -= 1
    dscores /= num_examples

    dW2 = np.dot(hidden_layer.T, dscores)
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden_layer <= 0] = 0
    dW = np.dot(X.T, dhidden)
    db = np.sum(dhidden, axis=0, keepdims=True)

    dW2 += reg * W2
    dW += reg * W

    vW = mu * vW - step_size * dW
    vb = mu * vb - step_size * db
    vW2 = mu * vW2 - step_size * dW2
    vb2 = mu * vb2 - step_size * db2
    W += vW
    b += vb
    W2 += vW2
    b2 += vb2

hidden_layer = np.maximum(0, np.dot(X, W) + b)
predicted_class = np.argmax(np.dot(hidden_layer, W2) + b2, axis=1)
print("training accuracy: %.2f" % np.mean(predicted_class == y))
