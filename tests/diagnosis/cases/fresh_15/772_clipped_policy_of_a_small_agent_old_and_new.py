"""Truth: one mistake, of the kind that does not show in the first of several passes over the same data, when old and new are one. A policy
with a clipped surrogate, for a choice of a few actions.
"""
import numpy as np


class CategoricalPolicy:
    def __init__(self, obs_dim, n_actions, hidden=16, clip=0.2, lr=0.05, seed=0):
        self.rng = np.random.default_rng(seed)
        self.params = {
            "w1": self.rng.normal(0, 1 / np.sqrt(obs_dim), (obs_dim, hidden)),
            "b1": np.zeros(hidden),
            "w2": self.rng.normal(0, 1 / np.sqrt(hidden), (hidden, n_actions)),
            "b2": np.zeros(n_actions),
        }
        self.clip, self.lr = clip, lr

    def log_probs(self, obs):
        self.obs = obs
        self.h = np.tanh(obs @ self.params["w1"] + self.params["b1"])
        logits = self.h @ self.params["w2"] + self.params["b2"]
        logits -= logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def act(self, obs):
        logp = self.log_probs(obs)
        actions = np.array([self.rng.choice(len(p), p=p) for p in np.exp(logp)])
        return actions, logp[np.arange(len(obs)), actions]

    def surrogate_loss(self, obs, actions, advantages, old_logp):
        logp = self.log_probs(obs)
        self.probs = np.exp(logp)
        self.actions, self.advantages = actions, advantages
        self.ratio = np.exp(logp[np.arange(len(obs)), actions] - old_logp)
        bounded = np.clip(self.ratio, 1 - self.clip, 1 + self.clip)
        self.free = self.ratio * advantages <= bounded * advantages
        return -np.mean(np.minimum(self.ratio * advantages, bounded * advantages))

    def surrogate_grads(self):
        n = len(self.actions)
        dlogp = np.where(self.free, -self.advantages, 0.0) / n
        dlogits = -self.probs * dlogp[:, None]
        dlogits[np.arange(n), self.actions] += dlogp
        grads = {"w2": self.h.T @ dlogits, "b2": dlogits.sum(axis=0)}
        dh = (dlogits @ self.params["w2"].T) * (1 - self.h ** 2)
        grads["w1"] = self.obs.T @ dh
        grads["b1"] = dh.sum(axis=0)
        return grads

    def update(self, obs, actions, advantages, old_logp, epochs=5):
        for _ in range(epochs):
            loss = self.surrogate_loss(obs, actions, advantages, old_logp)
            for name, grad in self.surrogate_grads().items():
                self.params[name] -= self.lr * grad
        return loss


if __name__ == "__main__":
    agent = CategoricalPolicy(obs_dim=3, n_actions=3)
    for batch in range(40):
        obs = agent.rng.normal(size=(64, 3))
        actions, old_logp = agent.act(obs)
        reward = (actions == obs.argmax(axis=1)).astype(float)
        agent.update(obs, actions, (reward - reward.mean()) / (reward.std() + 1e-8), old_logp)
    print("mean reward of the last batch:", reward.mean())
