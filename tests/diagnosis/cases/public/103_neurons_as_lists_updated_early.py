"""Truth: the output neurons' weights are adjusted inside the first loop, before the hidden deltas are pulled back
through them; the old weights belong there. Plain lists, a neuron is a list of weights with the bias last, step size 1.
"""
import math


def sigmoid(t):
    return 1 / (1 + math.exp(-t))


def neuron_output(weights, inputs):
    return sigmoid(sum(w * i for w, i in zip(weights, inputs)))


def feed_forward(neural_network, input_vector):
    outputs = []
    for layer in neural_network:
        input_with_bias = input_vector + [1]
        output = [neuron_output(neuron, input_with_bias) for neuron in layer]
        outputs.append(output)
        input_vector = output
    return outputs


def backpropagate(network, input_vector, target):
    """handnn: network 3-4-2 sigmoid sigmoid mse"""
    hidden_outputs, outputs = feed_forward(network, input_vector)
    # deltas of the output neurons
    output_deltas = [output * (1 - output) * (output - target[i]) for i, output in enumerate(outputs)]
    # move each output neuron's weights
    for i, output_neuron in enumerate(network[-1]):
        for j, hidden_output in enumerate(hidden_outputs + [1]):
            output_neuron[j] -= output_deltas[i] * hidden_output
    # deltas of the hidden neurons
    hidden_deltas = [
        hidden_output * (1 - hidden_output) * sum(d * n[i] for d, n in zip(output_deltas, network[-1]))
        for i, hidden_output in enumerate(hidden_outputs)
    ]
    for i, hidden_neuron in enumerate(network[0]):
        for j, inp in enumerate(input_vector + [1]):
            hidden_neuron[j] -= hidden_deltas[i] * inp
