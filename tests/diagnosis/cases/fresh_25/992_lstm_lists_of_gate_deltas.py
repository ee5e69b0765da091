"""Truth: two mistakes, both copied from the line above: the biases of the input gate and of the output gate get the
forget gate's delta. Gates and deltas are kept in lists, one column vector a step - why does my gradient check fail for b only?
"""
import numpy as np


def logistic(v):
    return 1.0 / (1.0 + np.exp(-v))


class LstmLayer:
    def __init__(self, input_width, state_width, seed=5):
        rng = np.random.RandomState(seed)
        u = lambda *shape: rng.uniform(-0.4, 0.4, shape)
        self.state_width = state_width
        self.Wfh, self.Wfx, self.bf = u(state_width, state_width), u(state_width, input_width), u(state_width, 1)
        self.Wih, self.Wix, self.bi = u(state_width, state_width), u(state_width, input_width), u(state_width, 1)
        self.Woh, self.Wox, self.bo = u(state_width, state_width), u(state_width, input_width), u(state_width, 1)
        self.Wch, self.Wcx, self.bc = u(state_width, state_width), u(state_width, input_width), u(state_width, 1)

    def forward(self, xs):
        zero = np.zeros((self.state_width, 1))
        self.xs = xs
        self.h, self.c = [zero], [zero]
        self.f, self.i, self.o, self.ct = [], [], [], []
        for x in xs:
            h = self.h[-1]
            self.f.append(logistic(self.Wfh @ h + self.Wfx @ x + self.bf))
            self.i.append(logistic(self.Wih @ h + self.Wix @ x + self.bi))
            self.o.append(logistic(self.Woh @ h + self.Wox @ x + self.bo))
            self.ct.append(np.tanh(self.Wch @ h + self.Wcx @ x + self.bc))
            self.c.append(self.f[-1] * self.c[-1] + self.i[-1] * self.ct[-1])
            self.h.append(self.o[-1] * np.tanh(self.c[-1]))
        return self.h[-1]

    def backward(self, delta_h):
        T = len(self.xs)
        delta_f, delta_i, delta_o, delta_c = ([None] * T for _ in range(4))
        carry = np.zeros_like(delta_h)
        for t in reversed(range(T)):
            tc = np.tanh(self.c[t + 1])
            dc = carry + delta_h * self.o[t] * (1 - tc ** 2)
            delta_o[t] = delta_h * tc * self.o[t] * (1 - self.o[t])
            delta_f[t] = dc * self.c[t] * self.f[t] * (1 - self.f[t])
            delta_i[t] = dc * self.ct[t] * self.i[t] * (1 - self.i[t])
            delta_c[t] = dc * self.i[t] * (1 - self.ct[t] ** 2)
            carry = dc * self.f[t]
            delta_h = (self.Wfh.T @ delta_f[t] + self.Wih.T @ delta_i[t]
                       + self.Woh.T @ delta_o[t] + self.Wch.T @ delta_c[t])

        def over_time(deltas, inputs):
            return sum(d @ v.T for d, v in zip(deltas, inputs))

        self.Wfh_grad, self.Wfx_grad = over_time(delta_f, self.h), over_time(delta_f, self.xs)
        self.Wih_grad, self.Wix_grad = over_time(delta_i, self.h), over_time(delta_i, self.xs)
        self.Woh_grad, self.Wox_grad = over_time(delta_o, self.h), over_time(delta_o, self.xs)
        self.Wch_grad, self.Wcx_grad = over_time(delta_c, self.h), over_time(delta_c, self.xs)
        self.bf_grad = sum(delta_f)
        self.bi_grad = sum(delta_f)
        self.bo_grad = sum(delta_f)
        self.bc_grad = sum(delta_c)

    def update(self, rate):
        for name in [n for n in vars(self) if n.endswith("_grad")]:
            getattr(self, name[:-5])[...] -= rate * getattr(self, name)


if __name__ == "__main__":
    xs = [np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [-1.0], [0.5]]), np.array([[0.3], [0.1], [-2.0]])]
    lstm = LstmLayer(3, 2)
    target = np.array([[0.3], [-0.2]])
    for epoch in range(50):
        out = lstm.forward(xs)
        lstm.backward(out - target)
        lstm.update(0.1)
    print(0.5 * np.sum((out - target) ** 2))
