"""An engine of arrays, and a loss of its objects, which alone does not go back."""
import numpy as np


def total_of(g):
    return g if g.ndim == 2 else g.sum(axis=0)


class Tensor:
    def __init__(self, data, parents=(), back=None):
        self.data, self.parents, self.back, self.grad = np.asarray(data, float), parents, back, None

    def __add__(self, other):
        return Tensor(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        return Tensor(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    def __matmul__(self, other):
        return Tensor(self.data @ other.data, (self, other), lambda g: (g @ other.data.T, total_of(np.swapaxes(self.data, -1, -2) @ g)))

    def permute(self, *axes):
        return Tensor(np.transpose(self.data, axes), (self,), lambda g: (np.transpose(g, np.argsort(axes)),))

    def total(self):
        return Tensor(self.data.sum(), (self,), lambda g: (np.full(self.data.shape, g),))

    def backward(self):
        order = []

        def visit(node):
            if node not in order:
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            for parent, g in zip(node.parents, node.back(node.grad) if node.back else ()):
                parent.grad = g if parent.grad is None else parent.grad + g


def strange_loss(x, mix, goal):
    h = (x @ mix).permute(1, 0)
    return ((h + goal) * (h + goal)).total()


if __name__ == "__main__":
    x, mix, goal = Tensor(np.ones((4, 2))), Tensor(np.ones((2, 3))), Tensor(np.ones((3, 4)))
    loss = strange_loss(x, mix, goal)
    loss.backward()
