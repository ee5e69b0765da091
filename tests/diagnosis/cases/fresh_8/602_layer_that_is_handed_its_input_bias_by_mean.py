"""Truth: the gradient of the bias is the mean over the batch; those of the weights and of the input are sums.
The layer keeps nothing: backward_pass is handed the input again.
"""
import numpy as np


class LinearLayer:
    def __init__(self, input_size: int, output_size: int, learning_rate: float = 0.1) -> None:
        self.input_size = input_size
        self.output_size = output_size
        self.learning_rate = learning_rate
        scale = np.sqrt(2 / (input_size + output_size))
        self.weights = np.random.randn(output_size, input_size) * scale
        self.bias = np.zeros((output_size,))

    def forward_pass(self, input_data: np.ndarray) -> np.ndarray:
        return input_data @ self.weights.T + self.bias

    def backward_pass(self, input_data: np.ndarray, output_gradient: np.ndarray):
        input_gradient = output_gradient @ self.weights
        weight_gradient = output_gradient.T @ input_data
        bias_gradient = output_gradient.mean(axis=0)
        return input_gradient, weight_gradient, bias_gradient

    def parameter_update(self, weight_gradient: np.ndarray, bias_gradient: np.ndarray) -> None:
        self.weights -= self.learning_rate * weight_gradient
        self.bias -= self.learning_rate * bias_gradient
