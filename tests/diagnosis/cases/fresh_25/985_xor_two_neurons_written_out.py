"""Truth: the weights of the output neuron are moved without the slope of its sigmoid. I wrote an XOR gate with two hidden
neurons without any loop over neurons, to understand backpropagation, and it ends at 0.5 for everything - equations or code?
"""
import numpy as np

patterns = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
wanted = np.array([0.0, 1.0, 1.0, 0.0])

in_to_hid = np.array([[0.85, 0.15], [0.35, -0.55]])  # [input, hidden]
hid_to_out = np.array([0.75, -0.65])
speed = 0.4


def sig(v):
    return 1.0 / (1.0 + np.exp(-v))


for sweep in range(200):
    total = 0.0
    for row in range(4):
        x0, x1 = patterns[row]
        # forward
        ha = sig(x0 * in_to_hid[0, 0] + x1 * in_to_hid[1, 0])
        hb = sig(x0 * in_to_hid[0, 1] + x1 * in_to_hid[1, 1])
        out = sig(ha * hid_to_out[0] + hb * hid_to_out[1])
        total += 0.5 * (wanted[row] - out) ** 2

        # backward
        dE = -(wanted[row] - out)
        g00 = dE * out * (1 - out) * hid_to_out[0] * ha * (1 - ha) * x0
        g01 = dE * out * (1 - out) * hid_to_out[1] * hb * (1 - hb) * x0
        g10 = dE * out * (1 - out) * hid_to_out[0] * ha * (1 - ha) * x1
        g11 = dE * out * (1 - out) * hid_to_out[1] * hb * (1 - hb) * x1
        k0 = dE * ha
        k1 = dE * hb

        in_to_hid[0, 0] -= speed * g00
        in_to_hid[0, 1] -= speed * g01
        in_to_hid[1, 0] -= speed * g10
        in_to_hid[1, 1] -= speed * g11
        hid_to_out[0] -= speed * k0
        hid_to_out[1] -= speed * k1
    if sweep % 50 == 0:
        print("error after sweep", sweep, ":", total)
