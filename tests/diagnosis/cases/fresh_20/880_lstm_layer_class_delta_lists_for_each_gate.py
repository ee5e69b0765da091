"""Truth: two gates borrow the bias gradient of a third one. An LSTM layer as a class, with a list for each gate and for each gate's delta."""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


class LstmLayer:
    def __init__(self, input_width, state_width):
        self.input_width = input_width
        self.state_width = state_width
        self.Wfh, self.Wfx, self.bf = self.init_weights()
        self.Wih, self.Wix, self.bi = self.init_weights()
        self.Woh, self.Wox, self.bo = self.init_weights()
        self.Wch, self.Wcx, self.bc = self.init_weights()

    def init_weights(self):
        n, m = self.state_width, self.input_width
        return (np.random.uniform(-0.4, 0.4, (n, n)),
                np.random.uniform(-0.4, 0.4, (n, m)),
                np.zeros((n, 1)))

    def gate(self, x, h, Wx, Wh, b):
        return np.dot(Wh, h) + np.dot(Wx, x) + b

    def forward(self, xs):
        zero = np.zeros((self.state_width, 1))
        self.xs = xs
        self.h_list, self.c_list = [zero], [zero]
        self.f_list, self.i_list, self.o_list, self.ct_list = [], [], [], []
        for x in xs:
            h, c = self.h_list[-1], self.c_list[-1]
            f = sigmoid(self.gate(x, h, self.Wfx, self.Wfh, self.bf))
            i = sigmoid(self.gate(x, h, self.Wix, self.Wih, self.bi))
            o = sigmoid(self.gate(x, h, self.Wox, self.Woh, self.bo))
            ct = np.tanh(self.gate(x, h, self.Wcx, self.Wch, self.bc))
            c = f * c + i * ct
            self.f_list.append(f)
            self.i_list.append(i)
            self.o_list.append(o)
            self.ct_list.append(ct)
            self.c_list.append(c)
            self.h_list.append(o * np.tanh(c))
        return np.hstack(self.h_list[1:])

    def backward(self, dhs):
        for g in "fioc":
            for kind in ("W%sh", "W%sx", "b%s"):
                name = kind % g
                setattr(self, name + "_grad", np.zeros_like(getattr(self, name)))
        dh_next = np.zeros((self.state_width, 1))
        dc_next = np.zeros((self.state_width, 1))
        dxs = [None] * len(self.xs)
        for t in reversed(range(len(self.xs))):
            f, i = self.f_list[t], self.i_list[t]
            o, ct = self.o_list[t], self.ct_list[t]
            c, c_prev = self.c_list[t + 1], self.c_list[t]
            h_prev, x = self.h_list[t], self.xs[t]

            dh = dhs[:, t:t + 1] + dh_next
            tanh_c = np.tanh(c)
            dc = dh * o * (1 - tanh_c ** 2) + dc_next
            delta_o = dh * tanh_c * o * (1 - o)
            delta_f = dc * c_prev * f * (1 - f)
            delta_i = dc * ct * i * (1 - i)
            delta_ct = dc * i * (1 - ct ** 2)

            self.Wfh_grad += np.dot(delta_f, h_prev.T)
            self.Wih_grad += np.dot(delta_i, h_prev.T)
            self.Woh_grad += np.dot(delta_o, h_prev.T)
            self.Wch_grad += np.dot(delta_ct, h_prev.T)
            self.Wfx_grad += np.dot(delta_f, x.T)
            self.Wix_grad += np.dot(delta_i, x.T)
            self.Wox_grad += np.dot(delta_o, x.T)
            self.Wcx_grad += np.dot(delta_ct, x.T)
            self.bf_grad += delta_f
            self.bi_grad += delta_f
            self.bo_grad += delta_f
            self.bc_grad += delta_ct

            dh_next = (np.dot(self.Wfh.T, delta_f) + np.dot(self.Wih.T, delta_i)
                       + np.dot(self.Woh.T, delta_o) + np.dot(self.Wch.T, delta_ct))
            dxs[t] = (np.dot(self.Wfx.T, delta_f) + np.dot(self.Wix.T, delta_i)
                      + np.dot(self.Wox.T, delta_o) + np.dot(self.Wcx.T, delta_ct))
            dc_next = dc * f
        return np.hstack(dxs)

    def update(self, rate):
        for g in "fioc":
            for kind in ("W%sh", "W%sx", "b%s"):
                name = kind % g
                setattr(self, name, getattr(self, name) - rate * getattr(self, name + "_grad"))


if __name__ == "__main__":
    np.random.seed(0)
    layer = LstmLayer(3, 2)
    xs = [np.random.randn(3, 1) for _ in range(4)]
    goal = np.random.uniform(-0.5, 0.5, (2, 4))
    for step in range(100):
        out = layer.forward(xs)
        layer.backward(out - goal)
        layer.update(0.3)
    print(0.5 * np.sum((out - goal) ** 2))
