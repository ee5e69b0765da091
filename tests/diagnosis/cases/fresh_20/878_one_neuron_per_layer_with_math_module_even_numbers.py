"""Truth: both weight slopes are taken by the weight, not by what comes in. One neuron in each layer, plain floats and the math module."""
import math
import random

LEARNING_RATE = 0.5
EPOCHS = 2000


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def sigmoid_der(y):
    return y * (1 - y)


def cost(error):
    return error * error


def cost_der(error):
    return 2 * error


def feedforward(x, w1, w2, b1, b2):
    h = sigmoid(x * w1 + b1)
    out = sigmoid(h * w2 + b2)
    return h, out


def backprop(x, target, w1, w2, b1, b2):
    h, out = feedforward(x, w1, w2, b1, b2)
    error = out - target

    grad_out = cost_der(error) * sigmoid_der(out)
    grad_h = grad_out * w2 * sigmoid_der(h)

    d_w2 = grad_out * w2
    d_w1 = grad_h * w1
    d_b2 = grad_out
    d_b1 = grad_h
    return d_w1, d_w2, d_b1, d_b2


def main():
    random.seed(4)
    w1, w2 = 2 * random.random() - 1, 2 * random.random() - 1
    b1 = b2 = 0.0
    questions = [n / 9 for n in range(1, 10)]
    answers = [n % 2 for n in range(1, 10)]
    for epoch in range(EPOCHS):
        k = random.randint(0, len(questions) - 1)
        d_w1, d_w2, d_b1, d_b2 = backprop(questions[k], answers[k], w1, w2, b1, b2)
        w1 -= LEARNING_RATE * d_w1
        w2 -= LEARNING_RATE * d_w2
        b1 -= LEARNING_RATE * d_b1
        b2 -= LEARNING_RATE * d_b2
    for q in questions:
        print(q, feedforward(q, w1, w2, b1, b2)[1])


if __name__ == "__main__":
    main()
