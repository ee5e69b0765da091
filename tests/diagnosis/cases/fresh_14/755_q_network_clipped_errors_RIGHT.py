"""Truth: RIGHT. The error of the taken action is clipped to [-1, 1], which is the slope of the Huber loss, and nothing goes to the other
actions. The target is a number from a copy of the network: no gradient goes through it.
"""
import numpy as np


class QNetwork:
    def __init__(self, n_states, n_actions, hidden=16, seed=0):
        rng = np.random.default_rng(seed)
        self.w = [rng.normal(0, np.sqrt(2 / n_states), (n_states, hidden)),
                  rng.normal(0, np.sqrt(1 / hidden), (hidden, n_actions))]
        self.b = [np.zeros(hidden), np.zeros(n_actions)]

    def values(self, s):
        self.s = s
        self.h = np.maximum(s @ self.w[0] + self.b[0], 0)
        return self.h @ self.w[1] + self.b[1]

    def loss(self, s, actions, targets):
        q = self.values(s)
        self.actions = actions
        self.td = q[np.arange(len(s)), actions] - targets
        size = np.abs(self.td)
        return np.where(size <= 1, 0.5 * size ** 2, size - 0.5).mean()

    def gradients(self):
        n = len(self.s)
        dq = np.zeros((n, len(self.b[1])))
        dq[np.arange(n), self.actions] = np.clip(self.td, -1, 1) / n
        dw1, db1 = self.h.T @ dq, dq.sum(axis=0)
        dh = dq @ self.w[1].T
        dh[self.h <= 0] = 0
        return [self.s.T @ dh, dw1], [dh.sum(axis=0), db1]

    def copy_from(self, other):
        self.w = [w.copy() for w in other.w]
        self.b = [b.copy() for b in other.b]


class Corridor:
    """Walk left or right; the reward waits at the right end."""

    def __init__(self, length=6):
        self.length = length

    def step(self, place, action):
        place = min(max(place + (1 if action == 1 else -1), 0), self.length - 1)
        done = place == self.length - 1
        return place, 3.0 if done else -0.1, done


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    env, gamma, eps, memory = Corridor(), 0.9, 0.3, []
    online, frozen = QNetwork(6, 2), QNetwork(6, 2)
    one_hot = np.eye(6)
    for episode in range(80):
        place, done, steps = 0, False, 0
        while not done and steps < 40:
            greedy = int(online.values(one_hot[[place]])[0].argmax())
            action = int(rng.integers(2)) if rng.random() < eps else greedy
            after, reward, done = env.step(place, action)
            memory.append((place, action, reward, after, done))
            place, steps = after, steps + 1
            batch = [memory[i] for i in rng.integers(len(memory), size=16)]
            s, a, r, s2, end = (np.array(col) for col in zip(*batch))
            target = r + gamma * (1 - end) * frozen.values(one_hot[s2]).max(axis=1)
            online.loss(one_hot[s], a, target)
            dws, dbs = online.gradients()
            for k in range(2):
                online.w[k] -= 0.05 * dws[k]
                online.b[k] -= 0.05 * dbs[k]
        if episode % 10 == 0:
            frozen.copy_from(online)
    print(online.values(one_hot))
