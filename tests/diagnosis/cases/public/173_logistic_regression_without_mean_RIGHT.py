"""Truth: RIGHT. 'The factor 1 / n_samples is missing' was reported three times: the summed cross-entropy has none. The
step is taken inside fit, param is a vector without bias, the sign stands in the residual.
"""
import numpy as np


class Sigmoid:
    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self.__call__(x) * (1 - self.__call__(x))


class LogisticRegression:
    """handnn: network 3-1 sigmoid binary_crossentropy"""

    def __init__(self, learning_rate=0.1):
        self.param = None
        self.learning_rate = learning_rate
        self.sigmoid = Sigmoid()

    def _initialize_parameters(self, X):
        n_features = np.shape(X)[1]
        limit = 1 / np.sqrt(n_features)
        self.param = np.random.uniform(-limit, limit, (n_features,))

    def fit(self, X, y, n_iterations=1):
        if self.param is None:
            self._initialize_parameters(X)
        for i in range(n_iterations):
            y_pred = self.sigmoid(X.dot(self.param))
            self.param -= self.learning_rate * -(y - y_pred).dot(X)

    def predict(self, X):
        return np.round(self.sigmoid(X.dot(self.param))).astype(int)
