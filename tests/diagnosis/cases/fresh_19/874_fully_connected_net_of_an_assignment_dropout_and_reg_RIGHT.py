"""Truth: RIGHT. Assignment functions with caches, affine, relu, dropout and softmax loss, and a two-layer net whose loss gives its grads."""
import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx


def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])
    mask = None
    out = None
    if mode == 'train':
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == 'test':
        out = x
    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param['mode']
    dx = None
    if mode == 'train':
        dx = dout * mask
    elif mode == 'test':
        dx = dout
    return dx


def softmax_loss(x, y):
    shifted_logits = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted_logits), axis=1, keepdims=True)
    log_probs = shifted_logits - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


class TwoLayerNet(object):
    def __init__(self, input_dim=3 * 4 * 4, hidden_dim=20, num_classes=4, weight_scale=1e-1, reg=0.1, dropout=0.8, seed=None):
        self.params = {}
        self.reg = reg
        self.dropout_param = {'mode': 'train', 'p': dropout}
        if seed is not None:
            self.dropout_param['seed'] = seed
        self.params['W1'] = weight_scale * np.random.randn(input_dim, hidden_dim)
        self.params['b1'] = np.zeros(hidden_dim)
        self.params['W2'] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params['b2'] = np.zeros(num_classes)

    def loss(self, X, y=None):
        W1, b1, W2, b2 = self.params['W1'], self.params['b1'], self.params['W2'], self.params['b2']
        self.dropout_param['mode'] = 'test' if y is None else 'train'

        a1, fc1_cache = affine_forward(X, W1, b1)
        h1, relu_cache = relu_forward(a1)
        d1, drop_cache = dropout_forward(h1, self.dropout_param)
        scores, fc2_cache = affine_forward(d1, W2, b2)
        if y is None:
            return scores

        grads = {}
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        dd1, dW2, grads['b2'] = affine_backward(dscores, fc2_cache)
        dh1 = dropout_backward(dd1, drop_cache)
        da1 = relu_backward(dh1, relu_cache)
        dx, dW1, grads['b1'] = affine_backward(da1, fc1_cache)
        grads['W1'] = dW1 + self.reg * W1
        grads['W2'] = dW2 + self.reg * W2
        return loss, grads


if __name__ == '__main__':
    np.random.seed(231)
    X = np.random.randn(12, 3, 4, 4)
    y = np.random.randint(4, size=12)
    model = TwoLayerNet(seed=123)
    for it in range(60):
        loss, grads = model.loss(X, y)
        for name in model.params:
            model.params[name] -= 0.3 * grads[name]
        if it % 20 == 0:
            print(it, loss)
    print('train acc', np.mean(model.loss(X).argmax(axis=1) == y))
