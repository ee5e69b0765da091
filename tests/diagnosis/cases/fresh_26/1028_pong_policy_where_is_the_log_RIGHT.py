"""Truth: all right: y - p is the gradient of log p by the logit, times the advantage it climbs. A policy of one hidden layer
for a ball game, weights are moved uphill. Nowhere is a logarithm computed, how can that be the gradient?
"""
import numpy as np

gamma = 0.99


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def discount_rewards(r):
    out, running = np.zeros_like(r), 0.0
    for t in reversed(range(len(r))):
        running = running * gamma + r[t]
        out[t] = running
    return out


def policy_forward(model, x):
    h = x @ model["W1"].T
    h[h < 0] = 0
    return sigmoid(h @ model["W2"]), h


def objective(model, x, actions, advantage):
    """What is climbed: log of the probability of what was done, weighted."""
    p, _ = policy_forward(model, x)
    return np.sum(advantage * np.log(np.where(actions == 1, p, 1 - p)))


def policy_backward(model, x, h, actions, p, advantage):
    dlogp = (actions - p) * advantage
    dW2 = h.T @ dlogp
    dh = np.outer(dlogp, model["W2"])
    dh[h <= 0] = 0
    dW1 = dh.T @ x
    return {"W1": dW1, "W2": dW2}


if __name__ == "__main__":
    rng = np.random.RandomState(6)
    D, H, T = 5, 4, 15
    model = {"W1": rng.randn(H, D) / np.sqrt(D), "W2": rng.randn(H) / np.sqrt(H)}
    for episode in range(5):
        x = rng.randn(T, D)
        p, h = policy_forward(model, x)
        actions = (rng.rand(T) < p).astype(float)
        rewards = np.where(actions == (x[:, 0] > 0), 1.0, -1.0)
        advantage = discount_rewards(rewards)
        advantage = (advantage - advantage.mean()) / advantage.std()
        grads = policy_backward(model, x, h, actions, p, advantage)
        for k in model:
            model[k] += 0.01 * grads[k]
        print(episode, rewards.sum(), objective(model, x, actions, advantage))
