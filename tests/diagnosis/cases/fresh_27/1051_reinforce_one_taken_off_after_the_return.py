"""Truth: the probabilities are multiplied by the returns first and the 1 of the action taken is subtracted afterwards, without
the return. The critic is right. What is to be backpropagated in policy gradients, the reward or the probability times it?
"""
import numpy as np


def policy(theta, states):
    W1, W2 = theta
    h = np.tanh(states @ W1)
    logits = h @ W2
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return h, e / e.sum(axis=1, keepdims=True)


def actor_loss(theta, states, actions, advantages):
    """-mean(A log pi(a | s)) and its gradients."""
    W1, W2 = theta
    T = len(states)
    h, probs = policy(theta, states)
    loss = -np.mean(advantages * np.log(probs[np.arange(T), actions]))
    dlogits = probs * advantages[:, None]
    dlogits[np.arange(T), actions] -= 1
    dlogits /= T
    dW2 = h.T @ dlogits
    dh = dlogits @ W2.T
    dW1 = states.T @ (dh * (1 - h ** 2))
    return loss, [dW1, dW2]


def critic_loss(w, states, returns):
    v = states @ w
    loss = 0.5 * np.mean((v - returns) ** 2)
    return loss, states.T @ (v - returns) / len(states)


def discounted(rewards, gamma=0.95):
    out, running = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + gamma * running
        out[t] = running
    return out


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    theta = [0.5 * rng.standard_normal((4, 6)), 0.5 * rng.standard_normal((6, 2))]
    w = np.zeros(4)
    for episode in range(10):
        states = rng.standard_normal((7, 4))
        actions = np.array([rng.choice(2, p=p) for p in policy(theta, states)[1]])
        returns = discounted(np.where(actions == (states[:, 0] > 0), 1.0, -0.5))
        advantages = returns - states @ w
        loss, grads = actor_loss(theta, states, actions, advantages)
        theta = [p - 0.1 * g for p, g in zip(theta, grads)]
        value, gw = critic_loss(w, states, returns)
        w = w - 0.1 * gw
    print(loss, value)
