"""Truth: one mistake, of the kind where a state is taken from another time than the one it was used at. An LSTM that is fed number by
number, with a record for each step, whose output is multiplied by the state itself, as in some older code.
"""
from types import SimpleNamespace

import numpy as np


def squash(v):
    return 0.5 * (1 + np.tanh(0.5 * v))


class MemoryBlock:
    PARTS = ("content", "write", "keep", "show")

    def __init__(self, inputs, cells, seed=0):
        rnd = np.random.RandomState(seed)
        self.cells = cells
        self.weight = {part: rnd.uniform(-0.5, 0.5, (cells, inputs + cells)) for part in self.PARTS}
        self.bias = {part: rnd.uniform(-0.5, 0.5, cells) for part in self.PARTS}
        self.steps = []

    def clear(self):
        self.steps = []

    def forward_step(self, x):
        now = SimpleNamespace()
        if self.steps:
            now.before, heard = self.steps[-1].state, self.steps[-1].out
        else:
            now.before, heard = np.zeros(self.cells), np.zeros(self.cells)
        now.seen = np.concatenate([x, heard])
        now.content = np.tanh(self.weight["content"] @ now.seen + self.bias["content"])
        for gate in ("write", "keep", "show"):
            setattr(now, gate, squash(self.weight[gate] @ now.seen + self.bias[gate]))
        now.state = now.keep * now.before + now.write * now.content
        now.out = now.show * now.state
        self.steps.append(now)
        return now.out

    def backward(self, wanted):
        """squared error of the first cell at every step; leaves d_weight and d_bias behind"""
        if len(wanted) != len(self.steps):
            raise ValueError("one wanted number for each step, please")
        error = 0.0
        self.d_weight = {part: np.zeros_like(self.weight[part]) for part in self.PARTS}
        self.d_bias = {part: np.zeros_like(self.bias[part]) for part in self.PARTS}
        later_state, later_out = np.zeros(self.cells), np.zeros(self.cells)
        for k in range(len(self.steps) - 1, -1, -1):
            now = self.steps[k]
            miss = now.out[0] - wanted[k]
            error += miss ** 2

            d_out = later_out
            d_out[0] += 2 * miss
            d_state = later_state + now.show * d_out
            d_sum = {}
            d_sum["show"] = now.state * d_out * now.show * (1 - now.show)
            d_sum["write"] = now.content * d_state * now.write * (1 - now.write)
            d_sum["keep"] = now.state * d_state * now.keep * (1 - now.keep)
            d_sum["content"] = now.write * d_state * (1 - now.content ** 2)

            d_seen = np.zeros_like(now.seen)
            for part in self.PARTS:
                self.d_weight[part] += np.outer(d_sum[part], now.seen)
                self.d_bias[part] += d_sum[part]
                d_seen += d_sum[part] @ self.weight[part]
            later_state = now.keep * d_state
            later_out = d_seen[-self.cells:]
        return error

    def move(self, rate):
        for part in self.PARTS:
            self.weight[part] -= rate * self.d_weight[part]
            self.bias[part] -= rate * self.d_bias[part]


if __name__ == "__main__":
    wanted = [0.3, -0.1, -0.6, 0.2, 0.4]
    rows = np.random.RandomState(5).randn(5, 3)
    block = MemoryBlock(3, 10)
    for turn in range(60):
        block.clear()
        for row in rows:
            block.forward_step(row)
        error = block.backward(wanted)
        block.move(0.1)
    print("error after the last turn", error)
