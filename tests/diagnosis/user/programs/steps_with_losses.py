import numpy as np


class Factors:
    def __init__(self, ratings, k, alpha, beta):
        rng = np.random.default_rng(0)
        self.P, self.Q = rng.normal(size=(len(ratings), k)), rng.normal(size=(ratings.shape[1], k))
        self.alpha, self.beta = alpha, beta

    def loss(self, i, j, r):
        penalty = np.sum(self.P[i] ** 2) + np.sum(self.Q[j] ** 2)
        return 0.5 * (r - self.P[i] @ self.Q[j]) ** 2 + 0.5 * self.beta * penalty

    def step(self, i, j, r):
        e, old = r - self.P[i] @ self.Q[j], self.P[i].copy()
        self.P[i] += self.alpha * (e * self.Q[j] - self.beta * self.P[i])
        self.Q[j] += self.alpha * (e * old - self.beta * self.Q[j])


class ActorCritic:
    def __init__(self, n_features=5, n_actions=3, alpha=0.1):
        rng = np.random.default_rng(0)
        self.theta, self.w = rng.normal(size=(n_features, n_actions)), np.zeros(n_features)
        self.alpha = alpha

    def policy(self, phi):
        e = np.exp(phi @ self.theta)
        return e / e.sum()

    def actor_loss(self, phi, action, advantage):
        return -advantage * np.log(self.policy(phi)[action])

    def critic_loss(self, phi, target):
        return 0.5 * (target - phi @ self.w) ** 2

    def update_actor(self, phi, action, advantage):
        p = self.policy(phi)
        onehot = np.zeros_like(p)
        onehot[action] = 1
        self.theta += self.alpha * advantage * np.outer(phi, onehot - p)

    def update_critic(self, phi, target):
        self.w += self.alpha * (target - phi @ self.w) * phi
