"""Truth: RIGHT. One number says whether to go up; the log-probability of what was done, times the later rewards, is climbed. The rectifier
has no slope at its zeros, and no biases are there.
"""
import numpy as np

HIDDEN, SEEN = 10, 6
gamma, rate = 0.95, 0.02
dice = np.random.RandomState(2)
model = {
    "W1": dice.randn(HIDDEN, SEEN) / np.sqrt(SEEN),
    "W2": dice.randn(HIDDEN) / np.sqrt(HIDDEN),
}


def policy_forward(view):
    hidden = np.dot(model["W1"], view)
    hidden[hidden < 0] = 0
    score = np.dot(model["W2"], hidden)
    return 1.0 / (1.0 + np.exp(-score)), hidden


def policy_backward(views, hiddens, pushes):
    """ views (T, SEEN), hiddens (T, HIDDEN), pushes (T,): (action - probability) times what came after """
    grad = {"W2": np.dot(hiddens.T, pushes)}
    d_hidden = np.outer(pushes, model["W2"])
    d_hidden[hiddens <= 0] = 0
    grad["W1"] = np.dot(d_hidden.T, views)
    return grad


def later_rewards(rewards):
    total, result = 0.0, []
    for r in rewards[::-1]:
        total = r + gamma * total
        result.insert(0, total)
    result = np.array(result)
    return (result - result.mean()) / result.std()


def play_once(steps=15):
    views, hiddens, errors, rewards = [], [], [], []
    ball, paddle = dice.uniform(-1, 1, 2)
    for _ in range(steps):
        gap = ball - paddle
        view = np.array([ball, paddle, gap, gap ** 2, 1.0, abs(gap)])
        p_up, hidden = policy_forward(view)
        action = float(dice.uniform() < p_up)
        paddle += 0.2 if action else -0.2
        ball += dice.uniform(-0.1, 0.1)
        views.append(view)
        hiddens.append(hidden)
        errors.append(action - p_up)
        rewards.append(-abs(ball - paddle))
    return np.vstack(views), np.vstack(hiddens), np.array(errors), rewards


if __name__ == "__main__":
    totals = []
    for episode in range(60):
        views, hiddens, errors, rewards = play_once()
        grad = policy_backward(views, hiddens, errors * later_rewards(rewards))
        for name, g in grad.items():
            model[name] += rate * g
        totals.append(sum(rewards))
    print(np.mean(totals[:10]), np.mean(totals[-10:]))
