"""Truth: two mistakes: the biases of the input gate and of the output gate are given the deltas of the forget gate. Columns, one
sequence, the gradient of the last output is handed in; lists begin with the state before the first step.
"""
import numpy as np


class SigmoidActivator:
    def forward(self, weighted_input):
        return 1.0 / (1.0 + np.exp(-weighted_input))

    def backward(self, output):
        return output * (1 - output)


class TanhActivator:
    def forward(self, weighted_input):
        return np.tanh(weighted_input)

    def backward(self, output):
        return 1 - output * output


class LstmLayer:
    def __init__(self, input_width=3, state_width=4):
        self.input_width, self.state_width = input_width, state_width
        self.gate_activator, self.output_activator = SigmoidActivator(), TanhActivator()
        self.Wfh, self.Wfx, self.bf = self.init_weight_mat()
        self.Wih, self.Wix, self.bi = self.init_weight_mat()
        self.Woh, self.Wox, self.bo = self.init_weight_mat()
        self.Wch, self.Wcx, self.bc = self.init_weight_mat()

    def init_weight_mat(self):
        Wh = np.random.uniform(-0.7, 0.7, (self.state_width, self.state_width))
        Wx = np.random.uniform(-0.7, 0.7, (self.state_width, self.input_width))
        return Wh, Wx, np.zeros((self.state_width, 1))

    def calc_gate(self, x, h, Wx, Wh, b, activator):
        return activator.forward(np.dot(Wh, h) + np.dot(Wx, x) + b)

    def forward(self, xs):
        zero = np.zeros((self.state_width, 1))
        self.x_list, self.c_list, self.h_list = [None] + list(xs), [zero], [zero]
        self.f_list, self.i_list, self.o_list, self.ct_list = [zero], [zero], [zero], [zero]
        for x in xs:
            h = self.h_list[-1]
            fg = self.calc_gate(x, h, self.Wfx, self.Wfh, self.bf, self.gate_activator)
            ig = self.calc_gate(x, h, self.Wix, self.Wih, self.bi, self.gate_activator)
            og = self.calc_gate(x, h, self.Wox, self.Woh, self.bo, self.gate_activator)
            ct = self.calc_gate(x, h, self.Wcx, self.Wch, self.bc, self.output_activator)
            self.f_list.append(fg)
            self.i_list.append(ig)
            self.o_list.append(og)
            self.ct_list.append(ct)
            self.c_list.append(fg * self.c_list[-1] + ig * ct)
            self.h_list.append(og * self.output_activator.forward(self.c_list[-1]))
        return self.h_list[-1]

    def backward(self, delta_h):
        self.calc_delta(delta_h)
        self.calc_gradient()

    def calc_delta(self, delta_h):
        times = len(self.h_list)
        self.delta_f_list, self.delta_i_list = [None] * times, [None] * times
        self.delta_o_list, self.delta_ct_list = [None] * times, [None] * times
        delta_c = np.zeros((self.state_width, 1))
        for k in range(times - 1, 0, -1):
            tanh_c = self.output_activator.forward(self.c_list[k])
            delta_c = delta_c + delta_h * self.o_list[k] * (1 - tanh_c * tanh_c)
            self.delta_o_list[k] = delta_h * tanh_c * self.gate_activator.backward(self.o_list[k])
            self.delta_f_list[k] = delta_c * self.c_list[k - 1] * self.gate_activator.backward(self.f_list[k])
            self.delta_i_list[k] = delta_c * self.ct_list[k] * self.gate_activator.backward(self.i_list[k])
            self.delta_ct_list[k] = delta_c * self.i_list[k] * self.output_activator.backward(self.ct_list[k])
            delta_h = (
                np.dot(self.Woh.T, self.delta_o_list[k])
                + np.dot(self.Wih.T, self.delta_i_list[k])
                + np.dot(self.Wfh.T, self.delta_f_list[k])
                + np.dot(self.Wch.T, self.delta_ct_list[k])
            )
            delta_c = delta_c * self.f_list[k]

    def calc_gradient(self):
        for gate in "fioc":
            for name in (f"W{gate}h", f"W{gate}x", f"b{gate}"):
                setattr(self, name + "_grad", np.zeros_like(getattr(self, name)))
        for t in range(len(self.h_list) - 1, 0, -1):
            h_prev, x = self.h_list[t - 1].transpose(), self.x_list[t].transpose()
            self.Wfh_grad += np.dot(self.delta_f_list[t], h_prev)
            self.Wfx_grad += np.dot(self.delta_f_list[t], x)
            self.bf_grad += self.delta_f_list[t]
            self.Wih_grad += np.dot(self.delta_i_list[t], h_prev)
            self.Wix_grad += np.dot(self.delta_i_list[t], x)
            self.bi_grad += self.delta_f_list[t]
            self.Woh_grad += np.dot(self.delta_o_list[t], h_prev)
            self.Wox_grad += np.dot(self.delta_o_list[t], x)
            self.bo_grad += self.delta_f_list[t]
            self.Wch_grad += np.dot(self.delta_ct_list[t], h_prev)
            self.Wcx_grad += np.dot(self.delta_ct_list[t], x)
            self.bc_grad += self.delta_ct_list[t]
