"""Truth: RIGHT. A script that fits the fuel consumption of cars: weights and biases in lists, errors gathered from the end and turned round,
every weight moved after all errors are known; the penalty is on the weights alone and decays nothing else.
"""
import numpy as np

generator = np.random.RandomState(1973)

# made-up cars: mass in tonnes, engine in litres, year
cars = np.column_stack([
    generator.uniform(0.7, 2.2, 150),
    generator.uniform(0.9, 5.0, 150),
    generator.randint(70, 83, 150),
])
litres = 3 + 4 * cars[:, 0] + 0.8 * cars[:, 1] ** 1.2 - 0.15 * (cars[:, 2] - 76) + 0.2 * generator.randn(150)

inputs = (cars - cars.mean(axis=0)) / cars.std(axis=0)
targets = ((litres - litres.mean()) / litres.std()).reshape(-1, 1)
n_cars = len(inputs)

sizes = [3, 9, 5, 1]
weights = [generator.randn(a, b) / np.sqrt(a) for a, b in zip(sizes[:-1], sizes[1:])]
biases = [np.zeros((1, b)) for b in sizes[1:]]
penalty = 0.002
rate = 0.15

for epoch in range(401):
    # through the network; the last layer is linear
    outputs = [inputs]
    for k in range(len(weights)):
        total = outputs[-1].dot(weights[k]) + biases[k]
        outputs.append(np.tanh(total) if k < len(weights) - 1 else total)

    misfit = outputs[-1] - targets
    cost = 0.5 * np.sum(misfit ** 2) / n_cars
    cost += 0.5 * penalty * sum(np.sum(w ** 2) for w in weights)

    # back through it
    errors = [misfit / n_cars]
    for k in range(len(weights) - 1, 0, -1):
        errors.append(errors[-1].dot(weights[k].T) * (1 - outputs[k] ** 2))
    errors.reverse()

    for k in range(len(weights)):
        weights[k] = weights[k] - rate * (outputs[k].T.dot(errors[k]) + penalty * weights[k])
        biases[k] = biases[k] - rate * errors[k].sum(axis=0, keepdims=True)

    if epoch % 100 == 0:
        print("epoch %4d   cost %.5f" % (epoch, cost))

print("residual: %.3f litres" % (misfit.std() * litres.std()))
