"""Mistakes in a network: the gradient of the loss, delta, dW, db, what is handed down, and the forward pass."""

from typing import Any

import numpy as np

from .base import ONE_SAMPLE, always, table
from .contexts import LayerContext


def computed(at: LayerContext) -> bool:
    """Whether delta = upstream * f'(z) is computed in this layer (and not given by a fused loss)."""
    return at.upstream is not None


def with_slope(at: LayerContext) -> bool:
    return computed(at) and at.f.name != "linear"


def curved(at: LayerContext) -> bool:
    return with_slope(at) and at.f.name != "relu"


def of(*names: str) -> Any:
    """Return a condition: delta is computed with f' of one of these activations."""
    return lambda at: computed(at) and at.f.name in names


def vjp(at: LayerContext, z: Any) -> Any:
    """Return upstream * f'(z) at another z."""
    return at.f.backward(at.upstream, z, at.f.forward(z))


def penalized(at: LayerContext) -> bool:
    return at.l2 > 0


def square(at: LayerContext) -> bool:
    return bool(at.W.shape[0] == at.W.shape[1])


def softmax(at: LayerContext) -> bool:
    return bool(at.f.name == "softmax")


def fused_output(at: LayerContext) -> bool:
    return at.output and at.fused


def like_logits(at: LayerContext) -> bool:
    return at.fused and at.y.shape == at.z.shape


def several_outputs(at: LayerContext) -> bool:
    return at.K > 1


def several_units(at: LayerContext) -> bool:
    return bool(at.delta.shape[1] > 1)


# fmt: off
mistakes = table("mistake", [
    # ---- the gradient of the loss
    ("slopes", "gradient not divided by N", "delta = p - y", "delta = (p - y) / N",
     "the loss is a mean over N samples, its gradient is not", lambda at, slopes: slopes * at.N, always, ONE_SAMPLE),
    ("slopes", "gradient divided by N twice", "delta = (p - y) / N^2", "delta = (p - y) / N",
     "1/N stands in the gradient twice", lambda at, slopes: slopes / at.N, always, ONE_SAMPLE),
    ("slopes", "gradient not divided by the number of outputs", "dL/da = 2 (a - y) / N", "dL/da = 2 (a - y) / (N K)",
     "the loss is a mean over K outputs, its gradient is not", lambda at, slopes: slopes * at.K, several_outputs,
     "one output"),
    ("slopes", "gradient divided by the number of outputs", "delta = (p - y) / (N K)", "delta = (p - y) / N",
     "the gradient is a mean over the outputs, the loss is not", lambda at, slopes: slopes / at.K, several_outputs,
     "one output"),
    ("slopes", "gradient of the loss doubled", "dL/da = 2 dL/da", "dL/da",
     "a factor 2 too many: of the square, or counted for two classes", lambda at, slopes: slopes * 2),
    ("slopes", "factor 2 of the square forgotten", "dL/da = (a - y) / N", "dL/da = 2 (a - y) / N",
     "the gradient is half of what it must be: the derivative of x^2 is 2 x", lambda at, slopes: slopes / 2),
    ("slopes", "y - a for a - y", "dL/da = y - a", "dL/da = a - y",
     "the sign of the loss' gradient is wrong: target minus output for output minus target",
     lambda at, slopes: -slopes),
    ("slopes", "logits for probabilities", "delta = (z - y) / N", "delta = (f(z) - y) / N",
     "the weighted input z stands where the output f(z) belongs", lambda at, slopes: (at.z - at.y) / at.N, like_logits),
    ("slopes", "labels forgotten in the gradient", "delta = f(z) / N", "delta = (f(z) - y) / N",
     "the targets are not subtracted", lambda at, slopes: slopes + at.y / at.N, like_logits),
    # ---- delta = upstream * f'(z), whatever f is
    ("delta", "f' left out", "delta = upstream", "delta = upstream * f'(z)",
     "the derivative of the activation is missing", lambda at, delta: at.upstream, with_slope, "linear layers"),
    ("delta", "f' taken at a", "delta = upstream * f'(a)", "delta = upstream * f'(z)",
     "the derivative is taken at the output a instead of the weighted input z",
     lambda at, delta: vjp(at, at.a), curved, "linear and ReLU"),
    ("delta", "f' applied twice", "delta = upstream * f'(z) * f'(z)", "delta = upstream * f'(z)",
     "the derivative of the activation is multiplied in twice", lambda at, delta: at.f.backward(delta, at.z, at.a),
     curved, "linear and ReLU"),
    ("delta", "activation's derivative after a fused loss", "delta = (p - y) f'(z)", "delta = p - y",
     "p - y is dL/dz already: the derivative of the output activation is in it",
     lambda at, delta: at.f.backward(delta, at.z, at.a), fused_output),
    ("delta", "a(1 - a) after a fused softmax", "delta = (p - y) p (1 - p)", "delta = p - y",
     "the derivative of a sigmoid is multiplied in, though p - y is dL/dz already",
     lambda at, delta: delta * at.a * (1 - at.a), lambda at: at.output and at.fused and at.f.name == "softmax"),
    ("delta", "a after a fused loss", "delta = (p - y) p", "delta = p - y",
     "the output is multiplied in, as if it were the derivative; p - y is dL/dz already",
     lambda at, delta: delta * at.a, fused_output),
    ("delta", "derivative of sigmoid", "delta = upstream * a (1 - a)", "delta = upstream * f'(z)",
     "a (1 - a) is the derivative of sigmoid, the layer's activation is another",
     lambda at, delta: at.upstream * at.a * (1 - at.a),
     lambda at: with_slope(at) and at.f.name not in ("sigmoid", "softmax")),
    ("delta", "derivative of tanh", "delta = upstream * (1 - a^2)", "delta = upstream * f'(z)",
     "1 - a^2 is the derivative of tanh, the layer's activation is another",
     lambda at, delta: at.upstream * (1 - at.a * at.a), lambda at: with_slope(at) and at.f.name != "tanh"),
    ("delta", "derivative of ReLU", "delta = upstream * (z > 0)", "delta = upstream * f'(z)",
     "z > 0 is the derivative of ReLU, the layer's activation is another", lambda at, delta: at.upstream * (at.z > 0),
     lambda at: with_slope(at) and at.f.name != "relu"),
    # ---- the derivative of one activation
    ("delta", "tanh' = 1 - a", "tanh'(z) = 1 - a", "tanh'(z) = 1 - a^2",
     "the square of tanh is forgotten in its derivative", lambda at, delta: at.upstream * (1 - at.a), of("tanh")),
    ("delta", "tanh' = 1 + a^2", "tanh'(z) = 1 + a^2", "tanh'(z) = 1 - a^2",
     "the sign in the derivative of tanh is wrong", lambda at, delta: at.upstream * (1 + at.a * at.a), of("tanh")),
    ("delta", "tanh' = 1 - z^2", "tanh'(z) = 1 - z^2", "tanh'(z) = 1 - tanh(z)^2", "z stands where a = tanh(z) belongs",
     lambda at, delta: at.upstream * (1 - at.z * at.z), of("tanh")),
    ("delta", "sigmoid' = a", "sigmoid'(z) = a", "sigmoid'(z) = a (1 - a)", "the factor 1 - a is missing",
     lambda at, delta: at.upstream * at.a, of("sigmoid")),
    ("delta", "sigmoid' = 1 - a", "sigmoid'(z) = 1 - a", "sigmoid'(z) = a (1 - a)", "the factor a is missing",
     lambda at, delta: at.upstream * (1 - at.a), of("sigmoid")),
    ("delta", "sigmoid' = z (1 - z)", "sigmoid'(z) = z (1 - z)", "sigmoid'(z) = a (1 - a)",
     "z stands where a = sigmoid(z) belongs", lambda at, delta: at.upstream * at.z * (1 - at.z), of("sigmoid")),
    ("delta", "sigmoid' = a (1 + a)", "sigmoid'(z) = a (1 + a)", "sigmoid'(z) = a (1 - a)",
     "the sign in the derivative of sigmoid is wrong", lambda at, delta: at.upstream * at.a * (1 + at.a),
     of("sigmoid")),
    ("delta", "sigmoid' = sigmoid(z) sigmoid(1 - z)", "sigmoid'(z) = sigmoid(z) sigmoid(1 - z)",
     "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))", "sigmoid(1 - z) is printed where 1 - sigmoid(z) belongs",
     lambda at, delta: at.upstream * at.a / (1 + np.exp(at.z - 1)), of("sigmoid")),
    ("delta", "sigmoid' = sigmoid(1 - a)", "sigmoid'(z) = sigmoid(1 - sigmoid(z))",
     "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))", "sigmoid is taken of 1 - a, where a and 1 - a are multiplied",
     lambda at, delta: at.upstream / (1 + np.exp(at.a - 1)), of("sigmoid")),
    ("delta", "ReLU' = a", "delta = upstream * a", "delta = upstream * (z > 0)",
     "the output a is taken for the derivative of ReLU", lambda at, delta: at.upstream * at.a, of("relu")),
    ("delta", "ReLU mask from the gradient's sign", "delta = upstream * (upstream > 0)", "delta = upstream * (z > 0)",
     "the mask is taken from the upstream gradient instead of z", lambda at, delta: at.upstream * (at.upstream > 0),
     of("relu")),
    ("delta", "ReLU mask turned round", "delta = upstream * (z < 0)", "delta = upstream * (z > 0)",
     "the gradient passes where ReLU is off", lambda at, delta: at.upstream * (at.z <= 0), of("relu")),
    ("delta", "softmax Jacobian's diagonal only", "delta = upstream * p (1 - p)",
     "delta = p (upstream - sum_j upstream_j p_j)",
     "every output of softmax depends on every input of its row: the Jacobian has more than a diagonal",
     lambda at, delta: at.upstream * at.a * (1 - at.a), of("softmax")),
    ("delta", "softmax Jacobian without its diagonal", "delta = -p sum_j upstream_j p_j",
     "delta = p (upstream - sum_j upstream_j p_j)", "the term of j = k is missing",
     lambda at, delta: -at.a * (at.upstream * at.a).sum(axis=-1, keepdims=True), of("softmax")),
    ("delta", "softmax's p forgotten in front", "delta = upstream - sum_j upstream_j p_j",
     "delta = p (upstream - sum_j upstream_j p_j)", "the factor p in front is missing",
     lambda at, delta: at.upstream - (at.upstream * at.a).sum(axis=-1, keepdims=True), of("softmax")),
    ("delta", "sign of delta", "delta = -upstream * f'(z)", "delta = upstream * f'(z)",
     "a sign is wrong on the way through the activation", lambda at, delta: -delta, computed),
    ("delta", "z of the layer above in f'", "delta = upstream * f'(z above)", "delta = upstream * f'(z)",
     "the derivative is taken at the next layer's z: an index is off by one",
     lambda at, delta: vjp(at, at.layers[at.layer + 1].z),
     lambda at: not at.output and with_slope(at) and at.layers[at.layer + 1].z.shape == at.z.shape),
    # ---- dW
    ("dW", "dW averaged again", "dW = x.T delta / N", "dW = x.T delta", "1/N is in delta already",
     lambda at, dW: dW / at.N, always, ONE_SAMPLE),
    ("dW", "dW without the mean", "dW = N x.T delta", "dW = x.T delta",
     "dW is a sum over the samples where the rest is a mean", lambda at, dW: dW * at.N, always, ONE_SAMPLE),
    ("dW", "dW doubled", "dW = 2 x.T delta", "dW = x.T delta", "a factor 2 too many", lambda at, dW: dW * 2),
    ("dW", "dW halved", "dW = x.T delta / 2", "dW = x.T delta", "a factor 1/2 too many", lambda at, dW: dW / 2),
    ("dW", "sign of dW", "dW = -x.T delta", "dW = x.T delta",
     "the sign is wrong: the update subtracts the gradient, the gradient has no minus", lambda at, dW: -dW),
    ("dW", "dW transposed", "dW = delta.T x", "dW = x.T delta", "dW has the shape of W transposed",
     lambda at, dW: dW.T),
    ("dW", "dW of the last sample only", "dW = x_N.T delta_N", "dW = x.T delta",
     "each sample overwrites the one before: = for +=", lambda at, dW: np.dot(at.x[-1:].T, at.delta[-1:]), always,
     ONE_SAMPLE),
    ("dW", "dW of the first sample only", "dW = x_1.T delta_1", "dW = x.T delta", "only the first sample is used",
     lambda at, dW: np.dot(at.x[:1].T, at.delta[:1]), always, ONE_SAMPLE),
    ("dW", "dW without the last sample", "dW = sum to N - 1", "dW = sum over all samples",
     "the loop over the samples ends one too early", lambda at, dW: np.dot(at.x[:-1].T, at.delta[:-1]),
     lambda at: at.N > 1),
    ("dW", "z for a in dW", "dW = z_prev.T delta", "dW = a_prev.T delta",
     "the weighted input of the layer below stands where its output belongs",
     lambda at, dW: np.dot(at.layers[at.layer - 1].z.T, at.delta), lambda at: at.layer > 0, "a linear layer below"),
    ("dW", "own output in dW", "dW = a.T delta", "dW = a_prev.T delta",
     "the layer's own output stands where its input belongs: an index is off by one",
     lambda at, dW: np.dot(at.a.T, at.delta), lambda at: at.a.shape == at.x.shape),
    ("dW", "network input in dW", "dW = x.T delta", "dW = a_prev.T delta",
     "the input of the network stands where the input of the layer belongs",
     lambda at, dW: np.dot(at.layers[0].x.T, at.delta), lambda at: at.layer > 0 and at.layers[0].x.shape == at.x.shape),
    ("dW", "upstream for delta in dW", "dW = x.T upstream", "dW = x.T delta", "f' is missing in dW (and there only)",
     lambda at, dW: np.dot(at.x.T, at.upstream), with_slope),
    # ---- db
    ("db", "db averaged", "db = mean of delta", "db = sum of delta",
     "1/N is in delta already, db is its sum over the samples", lambda at, db: db / at.N, always, ONE_SAMPLE),
    ("db", "db without the mean", "db = N sum of delta", "db = sum of delta",
     "db is a sum over the samples where the rest is a mean", lambda at, db: db * at.N, always, ONE_SAMPLE),
    ("db", "db not summed", "db = delta", "db = delta.sum(axis=0)", "the sum over the samples is missing",
     lambda at, db: at.delta, always, ONE_SAMPLE),
    ("db", "db summed over the wrong axis", "db = delta.sum(axis=1)", "db = delta.sum(axis=0)",
     "the sum runs over the units instead of the samples", lambda at, db: at.delta.sum(axis=1)),
    ("db", "db a sum of everything", "db = delta.sum()", "db = delta.sum(axis=0)",
     "the sum runs over samples and units", lambda at, db: 0 * db + at.delta.sum(), several_units),
    ("db", "db forgotten", "db = 0", "db = delta.sum(axis=0)", "the bias gets no gradient", lambda at, db: 0 * db),
    ("db", "db of the last sample only", "db = delta_N", "db = delta.sum(axis=0)",
     "each sample overwrites the one before: = for +=", lambda at, db: at.delta[-1], always, ONE_SAMPLE),
    ("db", "db of the first sample only", "db = delta_1", "db = delta.sum(axis=0)", "only the first sample is used",
     lambda at, db: at.delta[0], always, ONE_SAMPLE),
    ("db", "sign of db", "db = -sum of delta", "db = sum of delta",
     "the sign is wrong, or belongs to a bias that is subtracted", lambda at, db: -db),
    ("db", "bias in db", "db = b * sum of delta", "db = sum of delta", "dz/db is 1, not b", lambda at, db: db * at.b),
    ("db", "upstream for delta in db", "db = sum of upstream", "db = sum of delta",
     "f' is missing in db (and there only)", lambda at, db: at.upstream.sum(axis=0), with_slope),
    # ---- dx, which is handed down to the layer below
    ("dx", "W for W.T", "dx = delta W", "dx = delta W.T", "the way back goes through W transposed",
     lambda at, dx: np.dot(at.delta, at.W), square, "symmetric W; only a square W fits both ways"),
    ("dx", "delta handed down without W", "dx = delta", "dx = delta W.T", "the weights are missing on the way back",
     lambda at, dx: at.delta, square),
    ("dx", "upstream divided by N again", "dx = delta W.T / N", "dx = delta W.T", "1/N is in delta already",
     lambda at, dx: dx / at.N, always, ONE_SAMPLE),
    ("dx", "sign of dx", "dx = -delta W.T", "dx = delta W.T", "a sign is wrong on the way down", lambda at, dx: -dx),
    ("dx", "upstream for delta in dx", "dx = upstream W.T", "dx = delta W.T",
     "f' of the layer above is missing on the way down", lambda at, dx: np.dot(at.upstream, at.W.T), with_slope),
    ("dx", "W of the layer below", "dx = delta (W below).T", "dx = delta W.T",
     "the weights of another layer are used on the way back: an index is off by one",
     lambda at, dx: np.dot(at.delta, at.layers[at.layer - 1].W.T),
     lambda at: at.layer > 0 and at.layers[at.layer - 1].W.shape == at.W.shape),
    ("dx", "one unit too few on the way back", "dx = sum to the last unit but one", "dx = sum over all units",
     "the sum over the units of the layer above ends one too early",
     lambda at, dx: np.dot(at.delta[:, :-1], at.W[:, :-1].T), several_units),
    # ---- the gradient of the penalty
    ("dW", "l2 missing in the gradient", "dW = x.T delta", "dW = x.T delta + 2 l2 W",
     "the penalty is in the loss but not in the gradient", lambda at, dW: dW - 2 * at.l2 * at.W, penalized),
    ("dW", "l2 doubled in the gradient", "dW = x.T delta + 4 l2 W", "dW = x.T delta + 2 l2 W",
     "the penalty's gradient is twice what its loss says", lambda at, dW: dW + 2 * at.l2 * at.W, penalized),
    ("dW", "l2 halved in the gradient", "dW = x.T delta + l2 W", "dW = x.T delta + 2 l2 W",
     "the 2 of the square is forgotten: with l2 W in the gradient the loss has l2/2 W^2",
     lambda at, dW: dW - at.l2 * at.W, penalized),
    ("dW", "l2 in the gradient divided by N", "dW = (x.T delta + 2 l2 W) / N", "dW = x.T delta / N + 2 l2 W",
     "the penalty is not a mean over the samples: in the loss it is whole, in the gradient 1/N of it",
     lambda at, dW: dW - 2 * at.l2 * at.W * (1 - 1 / at.N), penalized, ONE_SAMPLE),
    ("dW", "l2 subtracted in the gradient", "dW = x.T delta - 2 l2 W", "dW = x.T delta + 2 l2 W",
     "the penalty's gradient has the wrong sign", lambda at, dW: dW - 4 * at.l2 * at.W, penalized),
    ("db", "l2 on the bias", "db = sum of delta + 2 l2 b", "db = sum of delta",
     "the biases are not in the penalty, but in its gradient", lambda at, db: db + 2 * at.l2 * at.b, penalized),
    # ---- the forward pass and the value of the loss
    ("z", "bias forgotten", "z = x W", "z = x W + b", "the bias is not added", lambda at, z: z - at.b),
    ("z", "bias subtracted", "z = x W - b", "z = x W + b",
     "the bias is subtracted, and its gradient has the other sign", lambda at, z: z - 2 * at.b),
    ("z", "bias added twice", "z = x W + 2 b", "z = x W + b", "the bias is added twice", lambda at, z: z + at.b),
    ("z", "kernel transposed in the forward pass", "z = x W.T + b", "z = x W + b",
     "W is transposed where it must not be", lambda at, z: np.dot(at.x, at.W.T) + at.b, square,
     "symmetric W; only a square W can be transposed unseen"),
    ("a", "activation forgotten", "a = z", "a = f(z)", "the activation is left out in the forward pass",
     lambda at, a: at.z, lambda at: at.f.name != "linear", "linear layers"),
    ("a", "activation applied twice", "a = f(f(z))", "a = f(z)", "the activation is applied to its own output",
     lambda at, a: at.f.forward(a), lambda at: at.f.name not in ("linear", "relu"), "linear and ReLU: f(f(z)) = f(z)"),
    ("a", "softmax over the batch", "a = exp(z) / sum over samples", "a = exp(z) / sum over outputs",
     "softmax normalises over the wrong axis: over the samples instead of each sample's outputs",
     lambda at, a: at.f.forward(at.z.T).T, softmax),
    ("a", "softmax not normalised", "a = exp(z)", "a = exp(z) / sum exp(z)",
     "the exponentials are not divided by their sum", lambda at, a: np.exp(at.z), softmax),
    ("a", "sigmoid for softmax", "a = sigmoid(z)", "a = softmax(z)",
     "sigmoid stands where softmax belongs: the outputs do not sum to 1", lambda at, a: 1 / (1 + np.exp(-at.z)),
     softmax),
    ("values", "loss of the last sample only", "L = loss of x_N", "L = mean over the samples",
     "one sample's loss for the batch's", lambda at, values: values[-1:]),
    ("loss", "loss with the wrong sign", "L = +sum y log p", "L = -sum y log p", "the loss has the wrong sign",
     lambda at, loss: -loss),
    ("loss", "l2 missing in the loss", "L = mean of the losses", "L = mean of the losses + l2 sum W^2",
     "the penalty is in the gradient but not in the loss",
     lambda at, loss: loss - at.l2 * sum((layer.W * layer.W).sum() for layer in at.layers), lambda at: at.l2 > 0),
])
