"""Truth: RIGHT. 'The slope must be that of step k, not of k + 1' was reported of an older form: here it is. Deltas are rows, the slope stands
in a diagonal matrix; the sensitivity of the last state is handed in.
"""
import numpy as np


class TanhActivator:
    def forward(self, weighted_input):
        return np.tanh(weighted_input)

    def backward(self, output):
        return 1 - output * output


class RecurrentLayer:
    def __init__(self, input_width=3, state_width=4):
        self.input_width, self.state_width = input_width, state_width
        self.activator = TanhActivator()
        self.U = np.random.uniform(-0.8, 0.8, (state_width, input_width))
        self.W = np.random.uniform(-0.8, 0.8, (state_width, state_width))

    def forward(self, input_list):
        self.input_list = [None] + list(input_list)
        self.state_list = [np.zeros((self.state_width, 1))]
        for x in input_list:
            self.state_list.append(self.activator.forward(np.dot(self.U, x) + np.dot(self.W, self.state_list[-1])))
        return self.state_list[-1]

    def backward(self, sensitivity_array):
        self.calc_delta(sensitivity_array)
        self.calc_gradient()

    def calc_delta(self, sensitivity_array):
        times = len(self.state_list) - 1
        self.delta_list = [np.zeros((self.state_width, 1)) for _ in range(times + 1)]
        self.delta_list[times] = sensitivity_array * self.activator.backward(self.state_list[times])
        for k in range(times - 1, 0, -1):
            slope = self.activator.backward(self.state_list[k])
            self.delta_list[k] = np.dot(np.dot(self.delta_list[k + 1].T, self.W), np.diag(slope[:, 0])).T

    def calc_gradient(self):
        self.U_grad, self.W_grad = np.zeros_like(self.U), np.zeros_like(self.W)
        for t in range(1, len(self.state_list)):
            self.U_grad += np.dot(self.delta_list[t], self.input_list[t].T)
            self.W_grad += np.dot(self.delta_list[t], self.state_list[t - 1].T)
