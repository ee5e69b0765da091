"""Truth: the entropy's part of the logits' gradient is p * (log p + 1), its derivative by p times p; behind the softmax it
has to be p * (log p + H). With the bonus switched off the agent learns, with it the policy drifts. Is the entropy wrong?
"""
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def actor_loss_and_grads(W, b, states, actions, advantages, beta=0.05):
    n = len(states)
    probs = softmax(states @ W + b)
    log_probs = np.log(probs)
    entropy = -np.sum(probs * log_probs, axis=1, keepdims=True)
    chosen = log_probs[np.arange(n), actions]
    loss = -np.mean(chosen * advantages) - beta * np.mean(entropy)

    # log pi(a|s), times the advantage
    dlogits = probs.copy()
    dlogits[np.arange(n), actions] -= 1
    dlogits *= advantages[:, None]
    # entropy bonus
    dlogits += beta * probs * (log_probs + 1)
    dlogits /= n

    dW = states.T @ dlogits
    db = dlogits.sum(axis=0)
    return loss, dW, db


def critic_loss_and_grads(v, c, states, returns):
    values = states @ v + c
    td = returns - values
    loss = 0.5 * np.mean(td ** 2)
    dv = -states.T @ td / len(states)
    dc = -np.mean(td)
    return loss, dv, dc


if __name__ == "__main__":
    rng = np.random.default_rng(4)
    states = rng.standard_normal((12, 4))
    actions = rng.integers(0, 3, 12)
    returns = rng.standard_normal(12)
    W, b = 0.1 * rng.standard_normal((4, 3)), np.zeros(3)
    v, c = np.zeros(4), 0.0
    for episode in range(20):
        advantages = returns - (states @ v + c)
        loss, dW, db = actor_loss_and_grads(W, b, states, actions, advantages)
        W -= 0.1 * dW
        b -= 0.1 * db
        closs, dv, dc = critic_loss_and_grads(v, c, states, returns)
        v -= 0.1 * dv
        c -= 0.1 * dc
    print(loss, closs)
