# fitting a line with RMSProp
import numpy as np

np.random.seed(1)
x = np.random.rand(100) * 4
y = 3 * x - 2 + np.random.randn(100) * 0.2
w, b = 0.0, 0.0
s_w, s_b = 0.0, 0.0
alpha, decay, eps = 0.05, 0.9, 1e-8
n = len(x)

for i in range(1000):
    y_hat = w * x + b
    cost = np.sum((y_hat - y) ** 2) / (2 * n)
    grad_w = np.sum((y_hat - y) * x) / n
    grad_b = np.sum(y_hat - y) / n
    s_w = decay * s_w + (1 - decay) * grad_w**2
    s_b = decay * s_b + (1 - decay) * grad_b**2
    w = w - alpha * grad_w / np.sqrt(s_w + eps)
    b = b - alpha * grad_b / np.sqrt(s_b + eps)
    if i % 100 == 0:
        print(i, cost)
