"""Truth: theta0 is moved before the differences for theta1 and theta2 are made, and theta1 before theta2's: not one step of
the gradient. No vectors on purpose, I want to understand it step by step - can you tell me what is wrong?
"""
import numpy as np

area = np.array([2.104, 1.6, 2.4, 1.416, 3.0, 1.985])  # in 1000 square feet
rooms = np.array([3.0, 3.0, 3.0, 2.0, 4.0, 4.0])
price = np.array([4.0, 3.3, 3.69, 2.32, 5.4, 3.0])  # in 100000 dollars
m = len(price)

theta0, theta1, theta2 = 0.2, 0.5, 0.1
step = 0.02

for i in range(200):
    diff = theta0 + theta1 * area + theta2 * rooms - price
    error = np.sum(diff ** 2) / (2 * m)

    theta0 = theta0 - step * np.sum(diff) / m

    diff = theta0 + theta1 * area + theta2 * rooms - price
    theta1 = theta1 - step * np.sum(diff * area) / m

    diff = theta0 + theta1 * area + theta2 * rooms - price
    theta2 = theta2 - step * np.sum(diff * rooms) / m

    if i % 50 == 0:
        print("iteration : %d, error : %s" % (i, error))

print(theta0, theta1, theta2)
