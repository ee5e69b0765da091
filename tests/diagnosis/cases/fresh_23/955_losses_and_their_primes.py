"""Truth: the binary cross entropy's prime lacks the mean, and Huber's lacks delta. Losses for a network from scratch; each loss has a function ..._prime for the way back."""
import numpy as np


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


def mae(y_true, y_pred):
    return np.mean(np.abs(y_true - y_pred))


def mae_prime(y_true, y_pred):
    return np.sign(y_pred - y_true) / np.size(y_true)


def binary_cross_entropy(y_true, y_pred):
    return np.mean(-y_true * np.log(y_pred) - (1 - y_true) * np.log(1 - y_pred))


def binary_cross_entropy_prime(y_true, y_pred):
    return (1 - y_true) / (1 - y_pred) - y_true / y_pred


def categorical_cross_entropy(y_true, y_pred):
    return -np.sum(y_true * np.log(y_pred)) / len(y_true)


def categorical_cross_entropy_prime(y_true, y_pred):
    return -y_true / y_pred / len(y_true)


def huber(y_true, y_pred, delta=0.7):
    e = np.abs(y_pred - y_true)
    return np.mean(np.where(e <= delta, 0.5 * e ** 2, delta * (e - 0.5 * delta)))


def huber_prime(y_true, y_pred, delta=0.7):
    e = y_pred - y_true
    return np.where(np.abs(e) <= delta, e, np.sign(e)) / np.size(e)


def hinge(y_true, y_pred):
    """y_true is -1 or 1."""
    return np.mean(np.maximum(0, 1 - y_true * y_pred))


def hinge_prime(y_true, y_pred):
    return np.where(y_true * y_pred < 1, -y_true, 0) / np.size(y_true)


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    y, p = rng.randn(6, 3), rng.randn(6, 3)
    print(mse(y, p), mae(y, p), huber(y, p), mse_prime(y, p).shape)
    print(mae_prime(y, p).sum(), huber_prime(y, p).sum())
    b, q = (rng.rand(6, 1) > 0.5) * 1.0, rng.uniform(0.1, 0.9, (6, 1))
    print(binary_cross_entropy(b, q), binary_cross_entropy_prime(b, q).ravel())
    print(hinge(2 * b - 1, p[:, :1]), hinge_prime(2 * b - 1, p[:, :1]).ravel())
    soft = np.exp(p) / np.exp(p).sum(1, keepdims=True)
    onehot = np.eye(3)[rng.randint(0, 3, 6)]
    print(categorical_cross_entropy(onehot, soft), categorical_cross_entropy_prime(onehot, soft).sum())
