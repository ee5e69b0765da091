import numpy as np

x = np.random.rand(100, 1)
y = 4 + 3 * x + np.random.randn(100, 1) * 0.1
m = len(y)
theta0 = 0
theta1 = 0
for epoch in range(1000):
    y_pred = theta0 + theta1 * x
    cost = (1 / (2 * m)) * np.sum((y_pred - y) ** 2)
    d_theta0 = (1 / m) * np.sum(y_pred - y)
    d_theta1 = (1 / m) * np.sum((y_pred - y) * x)
    theta0 = theta0 - 0.1 * d_theta0
    theta1 = theta1 - 0.1 * d_theta1
