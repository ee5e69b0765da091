"""Truth: RIGHT. Layers of a small transformer: linear, layer norm, attention with several heads over (batch, time, features), a block with two shortcuts."""
import numpy as np


class Linear:
    def __init__(self, d_in, d_out, rng):
        self.W = rng.normal(0, d_in ** -0.5, (d_in, d_out))
        self.b = np.zeros(d_out)
        self.grads = {}

    def forward(self, x):
        self.cache = x
        return x @ self.W + self.b

    def backward(self, grad_output):
        x = self.cache
        self.grads['W'] = x.reshape(-1, x.shape[-1]).T @ grad_output.reshape(-1, grad_output.shape[-1])
        self.grads['b'] = grad_output.sum(axis=(0, 1))
        return grad_output @ self.W.T


class LayerNorm:
    def __init__(self, d_model, eps=1e-5):
        self.eps = eps
        self.gamma = np.ones(d_model)
        self.beta = np.zeros(d_model)
        self.grads = {}

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        var = x.var(axis=-1, keepdims=True)
        x_norm = (x - mean) / np.sqrt(var + self.eps)
        self.cache = (x_norm, var)
        return x_norm * self.gamma + self.beta

    def backward(self, grad_output):
        x_norm, var = self.cache
        self.grads['gamma'] = (grad_output * x_norm).sum(axis=(0, 1))
        self.grads['beta'] = grad_output.sum(axis=(0, 1))
        dx_norm = grad_output * self.gamma
        inv_std = 1.0 / np.sqrt(var + self.eps)
        return inv_std * (dx_norm - dx_norm.mean(axis=-1, keepdims=True)
                          - x_norm * (dx_norm * x_norm).mean(axis=-1, keepdims=True))


class MultiHeadAttention:
    def __init__(self, d_model, n_heads, rng):
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.query = Linear(d_model, d_model, rng)
        self.key = Linear(d_model, d_model, rng)
        self.value = Linear(d_model, d_model, rng)
        self.out = Linear(d_model, d_model, rng)

    def split(self, x):
        B, T, _ = x.shape
        return x.reshape(B, T, self.n_heads, self.d_head).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, H, T, D = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, H * D)

    def forward(self, x):
        q = self.split(self.query.forward(x))
        k = self.split(self.key.forward(x))
        v = self.split(self.value.forward(x))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(self.d_head)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attn = scores / scores.sum(axis=-1, keepdims=True)
        self.cache = (q, k, v, attn)
        return self.out.forward(self.merge(attn @ v))

    def backward(self, grad_output):
        q, k, v, attn = self.cache
        dheads = self.split(self.out.backward(grad_output))
        dattn = dheads @ v.transpose(0, 1, 3, 2)
        dv = attn.transpose(0, 1, 3, 2) @ dheads
        dscores = attn * (dattn - (dattn * attn).sum(axis=-1, keepdims=True))
        dscores /= np.sqrt(self.d_head)
        dq = dscores @ k
        dk = dscores.transpose(0, 1, 3, 2) @ q
        dx = self.query.backward(self.merge(dq))
        dx = dx + self.key.backward(self.merge(dk))
        dx = dx + self.value.backward(self.merge(dv))
        return dx


class TransformerBlock:
    def __init__(self, d_model, n_heads, d_ff, rng):
        self.ln1 = LayerNorm(d_model)
        self.attn = MultiHeadAttention(d_model, n_heads, rng)
        self.ln2 = LayerNorm(d_model)
        self.fc1 = Linear(d_model, d_ff, rng)
        self.fc2 = Linear(d_ff, d_model, rng)

    def forward(self, x):
        x = x + self.attn.forward(self.ln1.forward(x))
        self.pre = self.fc1.forward(self.ln2.forward(x))
        return x + self.fc2.forward(np.maximum(self.pre, 0))

    def backward(self, grad_output):
        dhidden = self.fc2.backward(grad_output) * (self.pre > 0)
        dx = grad_output + self.ln2.backward(self.fc1.backward(dhidden))
        return dx + self.ln1.backward(self.attn.backward(dx))


if __name__ == '__main__':
    rng = np.random.default_rng(11)
    block = TransformerBlock(8, 2, 16, rng)
    x = rng.normal(size=(3, 5, 8))
    target = rng.normal(size=(3, 5, 8))
    for step in range(5):
        y = block.forward(x)
        loss = 0.5 * np.mean((y - target) ** 2)
        block.backward((y - target) / y.size)
        for layer in (block.fc1, block.fc2, block.attn.query, block.attn.key, block.attn.value, block.attn.out):
            layer.W -= 0.5 * layer.grads['W']
            layer.b -= 0.5 * layer.grads['b']
        for layer in (block.ln1, block.ln2):
            layer.gamma -= 0.5 * layer.grads['gamma']
            layer.beta -= 0.5 * layer.grads['beta']
        print(step, loss)
