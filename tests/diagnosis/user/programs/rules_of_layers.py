"""A rule that keeps its slots in the layer, and a loss for each sample with the derivative of their mean."""
import numpy as np
class Loss_CategoricalCrossentropy:
    def forward(self, y_pred, y_true):
        samples = len(y_pred)
        y_pred_clipped = np.clip(y_pred, 1e-7, 1-1e-7)
        if len(y_true.shape) == 1:
            correct = y_pred_clipped[range(samples), y_true]
        else:
            correct = np.sum(y_pred_clipped*y_true, axis=1)
        return -np.log(correct)
    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        labels = len(dvalues[0])
        if len(y_true.shape) == 1:
            y_true = np.eye(labels)[y_true]
        self.dinputs = -y_true/dvalues
        self.dinputs = self.dinputs/samples
class Optimizer_Adam:
    def __init__(self, learning_rate=0.001, decay=0., epsilon=1e-7, beta_1=0.9, beta_2=0.999):
        self.learning_rate = learning_rate
        self.current_learning_rate = learning_rate
        self.decay = decay
        self.iterations = 0
        self.epsilon = epsilon
        self.beta_1, self.beta_2 = beta_1, beta_2
    def pre_update_params(self):
        if self.decay:
            self.current_learning_rate = self.learning_rate*(1./(1. + self.decay*self.iterations))
    def update_params(self, layer):
        if not hasattr(layer, 'weight_cache'):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.weight_cache = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
            layer.bias_cache = np.zeros_like(layer.biases)
        layer.weight_momentums = self.beta_1*layer.weight_momentums + (1-self.beta_1)*layer.dweights
        layer.bias_momentums = self.beta_1*layer.bias_momentums + (1-self.beta_1)*layer.dbiases
        wmc = layer.weight_momentums/(1 - self.beta_1**(self.iterations+1))
        bmc = layer.bias_momentums/(1 - self.beta_1**(self.iterations+1))
        layer.weight_cache = self.beta_2*layer.weight_cache + (1-self.beta_2)*layer.dweights**2
        layer.bias_cache = self.beta_2*layer.bias_cache + (1-self.beta_2)*layer.dbiases**2
        wcc = layer.weight_cache/(1 - self.beta_2**(self.iterations+1))
        bcc = layer.bias_cache/(1 - self.beta_2**(self.iterations+1))
        layer.weights += -self.current_learning_rate*wmc/(np.sqrt(wcc)+self.epsilon)
        layer.biases += -self.current_learning_rate*bmc/(np.sqrt(bcc)+self.epsilon)
    def post_update_params(self):
        self.iterations += 1
