"""Truth: the second term of the gradient of RMSNorm has the mean over the features (division by D), here it is their sum. A residual block
of a small language model: RMSNorm, then a gated feed-forward network (which is right), nested functions of one backward pass.
"""
import numpy as np


class SwiGLUBlock:
    """y = x + W_down (silu(n W_gate) * (n W_up)), n = RMSNorm(x)"""

    eps = 1e-6

    def __init__(self, dim, hidden, rng):
        self.weight = 1 + 0.1 * rng.standard_normal(dim)
        self.w_gate = rng.standard_normal((dim, hidden)) / dim**0.5
        self.w_up = rng.standard_normal((dim, hidden)) / dim**0.5
        self.w_down = rng.standard_normal((hidden, dim)) / hidden**0.5

    def __call__(self, x):
        self.x = x
        self.rrms = 1 / np.sqrt((x**2).mean(-1, keepdims=True) + self.eps)
        self.xhat = x * self.rrms
        self.n = self.xhat * self.weight
        self.gate = self.n @ self.w_gate
        self.up = self.n @ self.w_up
        self.sig = 1 / (1 + np.exp(-self.gate))
        self.act = self.gate * self.sig
        self.hidden = self.act * self.up
        return x + self.hidden @ self.w_down

    def backward(self, grad_y):
        def outer(a, b):
            return np.einsum("bti,btj->ij", a, b)

        def norm_backward(grad_n):
            self.grad_weight = (grad_n * self.xhat).sum((0, 1))
            grad_xhat = grad_n * self.weight
            dot = (grad_xhat * self.xhat).sum(-1, keepdims=True)
            return self.rrms * (grad_xhat - self.xhat * dot)

        self.grad_w_down = outer(self.hidden, grad_y)
        grad_hidden = grad_y @ self.w_down.T
        grad_up = grad_hidden * self.act
        grad_act = grad_hidden * self.up
        grad_gate = grad_act * (self.sig + self.gate * self.sig * (1 - self.sig))
        self.grad_w_up = outer(self.n, grad_up)
        self.grad_w_gate = outer(self.n, grad_gate)
        grad_n = grad_up @ self.w_up.T + grad_gate @ self.w_gate.T
        return grad_y + norm_backward(grad_n)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    blocks = [SwiGLUBlock(6, 10, rng) for _ in range(2)]
    x = rng.standard_normal((4, 5, 6))
    goal = np.roll(x, 1, axis=-1)
    for step in range(60):
        y = x
        for block in blocks:
            y = block(y)
        grad = (y - goal) / len(x)
        if step % 20 == 0:
            print(step, float((grad**2).sum()))
        for block in reversed(blocks):
            grad = block.backward(grad)
            for name in ("weight", "w_gate", "w_up", "w_down"):
                setattr(block, name, getattr(block, name) - 0.002 * getattr(block, "grad_" + name))
