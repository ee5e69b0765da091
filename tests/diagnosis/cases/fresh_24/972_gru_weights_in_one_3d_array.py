"""Truth: the sign of the update gate's gradient is the other way round. GRU with the three gates stacked in 3-D arrays: W[g] maps inputs, R[g] maps states.
g = 0 reset, 1 update, 2 candidate.  Single sequence, 1-D vectors."""
import numpy as np

RESET, UPDATE, CAND = range(3)


class GRU:
    __slots__ = ("W", "R", "B", "dW", "dR", "dB", "tape")

    def __init__(self, n_in, n_hid, rng):
        self.W = rng.normal(0, 0.5, (3, n_hid, n_in))
        self.R = rng.normal(0, 0.5, (3, n_hid, n_hid))
        self.B = np.zeros((3, n_hid))
        self.tape = []

    def forward(self, xs):
        h = np.zeros(self.B.shape[1])
        self.tape = []
        hs = []
        for x in xs:
            prev = h
            r = 1 / (1 + np.exp(-(self.W[RESET] @ x + self.R[RESET] @ prev + self.B[RESET])))
            u = 1 / (1 + np.exp(-(self.W[UPDATE] @ x + self.R[UPDATE] @ prev + self.B[UPDATE])))
            n = np.tanh(self.W[CAND] @ x + self.R[CAND] @ (r * prev) + self.B[CAND])
            h = u * prev + (1 - u) * n
            self.tape.append((x, prev, r, u, n))
            hs.append(h)
        return np.array(hs)

    def backward(self, dhs):
        self.dW, self.dR, self.dB = (np.zeros_like(a) for a in (self.W, self.R, self.B))
        carry = np.zeros(self.B.shape[1])
        dxs = np.zeros((len(self.tape), self.W.shape[2]))
        for t in range(len(self.tape) - 1, -1, -1):
            x, prev, r, u, n = self.tape[t]
            dh = dhs[t] + carry
            da = np.zeros_like(self.B)
            da[CAND] = dh * (1 - u) * (1 - n * n)
            drp = self.R[CAND].T @ da[CAND]
            da[UPDATE] = dh * (n - prev) * u * (1 - u)
            da[RESET] = drp * prev * r * (1 - r)
            carry = dh * u + drp * r + self.R[RESET].T @ da[RESET] + self.R[UPDATE].T @ da[UPDATE]
            for g in (RESET, UPDATE, CAND):
                self.dW[g] += np.outer(da[g], x)
                self.dR[g] += np.outer(da[g], r * prev if g == CAND else prev)
                dxs[t] += self.W[g].T @ da[g]
            self.dB += da
        return dxs


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    cell = GRU(2, 4, rng)
    xs = rng.normal(size=(9, 2))
    goal = np.cumsum(xs[:, :1], axis=0) * 0.1 * np.ones(4)
    for it in range(60):
        err = cell.forward(xs) - goal
        cell.backward(err)
        cell.W -= 0.05 * cell.dW
        cell.R -= 0.05 * cell.dR
        cell.B -= 0.05 * cell.dB
    print("squared error", 0.5 * np.sum(err ** 2))
