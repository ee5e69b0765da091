"""One step with its arguments in another order than its cost; slopes are added up point by point."""

import numpy as np


def cost(m, c, points):
    total_cost = 0
    M = len(points)
    for i in range(M):
        x = points[i, 0]
        y = points[i, 1]
        total_cost += (1 / M) * ((y - (m * x) - c) ** 2)
    return total_cost


def step_gradient(points, learning_rate, m, c):
    m_slope = 0
    c_slope = 0
    M = len(points)
    for i in range(M):
        x = points[i, 0]
        y = points[i, 1]
        m_slope += (-2 / M) * (y - m * x - c) * x
        c_slope += (-2 / M) * (y - m * x - c)
    new_m = m - learning_rate * m_slope
    new_c = c - learning_rate * c_slope
    return new_m, new_c


def gd(points, learning_rate, num_iterations):
    m = 0
    c = 0
    for i in range(num_iterations):
        m, c = step_gradient(points, learning_rate, m, c)
        print(i, " Cost: ", cost(m, c, points))
    return m, c
