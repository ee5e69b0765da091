"""Truth: RIGHT. The network is a list of dictionaries, its values lie in other dictionaries under W1, b1, A0, Z1; the mean over the
samples is taken with each matrix and each bias.
"""
import numpy as np

LAYERS = [
    {"inputs": 2, "units": 8, "activation": "relu"},
    {"inputs": 8, "units": 5, "activation": "tanh"},
    {"inputs": 5, "units": 1, "activation": "sigmoid"},
]

FORWARD = {
    "relu": lambda Z: np.maximum(0, Z),
    "tanh": np.tanh,
    "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
}


def slope(kind, Z):
    if kind == "relu":
        return np.where(Z > 0, 1.0, 0.0)
    A = FORWARD[kind](Z)
    return 1 - A ** 2 if kind == "tanh" else A * (1 - A)


def start_values(layers, seed=99):
    gen = np.random.RandomState(seed)
    values = {}
    for n, layer in enumerate(layers, 1):
        values[f"W{n}"] = gen.randn(layer["units"], layer["inputs"]) * 0.5
        values[f"b{n}"] = gen.randn(layer["units"], 1) * 0.1
    return values


def forward_pass(X, values, layers):
    memory = {"A0": X}
    for n, layer in enumerate(layers, 1):
        memory[f"Z{n}"] = values[f"W{n}"] @ memory[f"A{n - 1}"] + values[f"b{n}"]
        memory[f"A{n}"] = FORWARD[layer["activation"]](memory[f"Z{n}"])
    return memory[f"A{len(layers)}"], memory


def log_cost(guess, Y):
    m = Y.shape[1]
    cost = -(Y @ np.log(guess).T + (1 - Y) @ np.log(1 - guess).T) / m
    return cost.item()


def backward_pass(guess, Y, memory, values, layers):
    m = Y.shape[1]
    gradients = {}
    dA = (guess - Y) / (guess * (1 - guess))
    for n in range(len(layers), 0, -1):
        dZ = dA * slope(layers[n - 1]["activation"], memory[f"Z{n}"])
        gradients[f"W{n}"] = dZ @ memory[f"A{n - 1}"].T / m
        gradients[f"b{n}"] = dZ.mean(axis=1, keepdims=True)
        dA = values[f"W{n}"].T @ dZ
    return gradients


def main():
    turn = np.linspace(0, np.pi, 40)
    upper = np.vstack([np.cos(turn), np.sin(turn)])
    lower = np.vstack([1 - np.cos(turn), 0.5 - np.sin(turn)])
    X = np.hstack([upper, lower])
    Y = np.repeat([0.0, 1.0], 40)[None, :]
    values = start_values(LAYERS)
    for epoch in range(201):
        guess, memory = forward_pass(X, values, LAYERS)
        gradients = backward_pass(guess, Y, memory, values, LAYERS)
        for key, g in gradients.items():
            values[key] -= 0.3 * g
        if epoch % 50 == 0:
            print(f"epoch {epoch} cost {log_cost(guess, Y):.4f}")


if __name__ == "__main__":
    main()
