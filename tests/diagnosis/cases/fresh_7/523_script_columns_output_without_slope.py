"""Truth: the loss is half the sum of squares behind a sigmoid: delta_o lacks the slope o (1 - o).
A script that reads images one at a time.
"""
import numpy as np

rng = np.random.RandomState(0)
images = rng.rand(6, 4)
labels = np.eye(3)[[0, 1, 2, 0, 1, 2]]
w_i_h = rng.uniform(-0.5, 0.5, (5, 4))
w_h_o = rng.uniform(-0.5, 0.5, (3, 5))
b_i_h = np.zeros((5, 1))
b_h_o = np.zeros((3, 1))
learn_rate = 0.01
for epoch in range(2):
    for img, l in zip(images, labels):
        img = img.reshape(-1, 1)
        l = l.reshape(-1, 1)
        h_pre = b_i_h + w_i_h @ img
        h = 1 / (1 + np.exp(-h_pre))
        o_pre = b_h_o + w_h_o @ h
        o = 1 / (1 + np.exp(-o_pre))
        e = 1 / 2 * np.sum((o - l) ** 2, axis=0)
        delta_o = o - l
        delta_h = np.transpose(w_h_o) @ delta_o * (h * (1 - h))
        w_h_o += -learn_rate * delta_o @ np.transpose(h)
        b_h_o += -learn_rate * delta_o
        w_i_h += -learn_rate * delta_h @ np.transpose(img)
        b_i_h += -learn_rate * delta_h
