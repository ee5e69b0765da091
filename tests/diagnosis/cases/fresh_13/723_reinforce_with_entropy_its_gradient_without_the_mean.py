"""Truth: the gradient of the entropy of a softmax by the logits is -p * (log p + H), H the entropy itself; the backward has
-p * (log p + 1), the derivative by the probabilities times p only. A policy with one hidden layer, rewards to go, and a bonus.
"""
import numpy as np

H = 10  # hidden neurons
D = 4  # size of an observation
A = 3  # actions
gamma = 0.98
entropy_bonus = 0.05

rng = np.random.default_rng(0)
model = {"W1": rng.standard_normal((H, D)) / np.sqrt(D), "W2": rng.standard_normal((A, H)) / np.sqrt(H)}


def discount_rewards(r):
    """ take 1D float array of rewards and compute discounted reward """
    discounted_r = np.zeros_like(r)
    running_add = 0
    for t in reversed(range(r.size)):
        running_add = running_add * gamma + r[t]
        discounted_r[t] = running_add
    return discounted_r


def policy_forward(obs, actions, advantage):
    """ observations (T, D); returns the loss that is to be made small """
    h = obs @ model["W1"].T
    h[h < 0] = 0  # ReLU
    logits = h @ model["W2"].T
    logits = logits - logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    entropy = -(p * logp).sum(axis=1)
    T = len(actions)
    loss = -(advantage * logp[np.arange(T), actions]).sum() - entropy_bonus * entropy.sum()
    return loss, (obs, actions, advantage, h, p, logp, entropy)


def policy_backward(cache):
    """ backward pass of a whole episode """
    obs, actions, advantage, h, p, logp, entropy = cache
    T = len(actions)
    dlogits = p.copy()
    dlogits[np.arange(T), actions] -= 1
    dlogits *= advantage[:, None]
    # loss has minus the entropy
    dlogits += entropy_bonus * p * (logp + 1)
    dW2 = dlogits.T @ h
    dh = dlogits @ model["W2"]
    dh[h <= 0] = 0  # backprop relu
    dW1 = dh.T @ obs
    return {"W1": dW1, "W2": dW2}


def play(length=30):
    """ a toy: the reward is 1 for the action whose observation is the largest """
    obs = rng.standard_normal((length, D))
    _, (*_, p, logp, entropy) = policy_forward(obs, np.zeros(length, dtype=int), np.zeros(length))
    actions = np.array([rng.choice(A, p=row) for row in p])
    rewards = (actions == obs[:, :A].argmax(axis=1)).astype(float)
    return obs, actions, rewards


if __name__ == "__main__":
    running_reward = None
    for episode in range(200):
        obs, actions, rewards = play()
        adv = discount_rewards(rewards)
        adv -= adv.mean()
        adv /= adv.std() + 1e-8
        loss, cache = policy_forward(obs, actions, adv)
        grads = policy_backward(cache)
        for k in model:
            model[k] -= 1e-2 * grads[k]
        total = rewards.sum()
        running_reward = total if running_reward is None else running_reward * 0.95 + total * 0.05
    print("running mean: %f" % running_reward)
