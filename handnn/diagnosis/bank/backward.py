"""Mistakes in the backward pass: the gradient of the loss, delta, dW, db and what is handed down."""

from typing import Any

import numpy as np

from ...activations import Activation
from ..replay import At
from .base import mistake


def hidden(at: At) -> bool:
    return not at.output


def computed(at: At) -> bool:
    """Whether delta = upstream * f'(z) is computed in this layer (and not given by a fused loss)."""
    return at.upstream is not None


def with_slope(at: At) -> bool:
    return computed(at) and at.f.name != "linear"


def of(*names: str) -> Any:
    """Return a condition: delta is computed with f' of one of these activations."""
    return lambda at: computed(at) and at.f.name in names


def slope(f: Activation, z: Any, upstream: Any) -> Any:
    """Return upstream * f'(z) with f' at another place than it belongs."""
    return f.backward(upstream, z, f.forward(z))


# ---- the gradient of the loss ----------------------------------------------------------------------------


@mistake(
    "gradient not divided by N",
    "slopes",
    "delta = p - y",
    "delta = (p - y) / N",
    "the loss is a mean over N samples, its gradient is not",
    equivalent="one sample",
)
def missing_mean(at: At, slopes: Any) -> Any:
    return slopes * at.N


@mistake(
    "gradient divided by N twice",
    "slopes",
    "delta = (p - y) / N^2",
    "delta = (p - y) / N",
    "1/N stands in the gradient twice",
    equivalent="one sample",
)
def mean_twice(at: At, slopes: Any) -> Any:
    return slopes / at.N


@mistake(
    "gradient not divided by the number of outputs",
    "slopes",
    "dL/da = 2 (a - y) / N",
    "dL/da = 2 (a - y) / (N K)",
    "the loss is a mean over K outputs, its gradient is not",
    applies=lambda at: at.K > 1,
    equivalent="one output",
)
def missing_outputs(at: At, slopes: Any) -> Any:
    return slopes * at.K


@mistake(
    "gradient divided by the number of outputs",
    "slopes",
    "delta = (p - y) / (N K)",
    "delta = (p - y) / N",
    "the gradient is a mean over the outputs, the loss is not",
    applies=lambda at: at.K > 1,
    equivalent="one output",
)
def divided_by_outputs(at: At, slopes: Any) -> Any:
    return slopes / at.K


@mistake(
    "gradient of the loss doubled",
    "slopes",
    "dL/da = 2 dL/da",
    "dL/da",
    "a factor 2 too many: of the square, or counted for two classes",
)
def doubled(at: At, slopes: Any) -> Any:
    return slopes * 2


@mistake(
    "factor 2 of the square forgotten",
    "slopes",
    "dL/da = (a - y) / N",
    "dL/da = 2 (a - y) / N",
    "the gradient is half of what it must be: the derivative of x^2 is 2 x",
)
def halved(at: At, slopes: Any) -> Any:
    return slopes / 2


@mistake(
    "y - a for a - y",
    "slopes",
    "dL/da = y - a",
    "dL/da = a - y",
    "the sign of the loss' gradient is wrong: target minus output for output minus target",
)
def loss_gradient_sign(at: At, slopes: Any) -> Any:
    return -slopes


@mistake(
    "logits for probabilities",
    "slopes",
    "delta = (z - y) / N",
    "delta = (f(z) - y) / N",
    "the weighted input z stands where the output f(z) belongs",
    applies=lambda at: at.fused and at.y.shape == at.z.shape,
)
def logits_for_probabilities(at: At, slopes: Any) -> Any:
    return (at.z - at.y) / at.N


@mistake(
    "labels forgotten in the gradient",
    "slopes",
    "delta = f(z) / N",
    "delta = (f(z) - y) / N",
    "the targets are not subtracted",
    applies=lambda at: at.fused and at.y.shape == at.z.shape,
)
def labels_forgotten(at: At, slopes: Any) -> Any:
    return slopes + at.y / at.N


# ---- delta -----------------------------------------------------------------------------------------------


@mistake(
    "f' left out",
    "delta",
    "delta = upstream",
    "delta = upstream * f'(z)",
    "the derivative of the activation is missing",
    applies=with_slope,
    equivalent="linear layers",
)
def slope_left_out(at: At, delta: Any) -> Any:
    return at.upstream


@mistake(
    "f' taken at a",
    "delta",
    "delta = upstream * f'(a)",
    "delta = upstream * f'(z)",
    "the derivative is taken at the output a instead of the weighted input z",
    applies=lambda at: with_slope(at) and at.f.name not in ("relu",),
    equivalent="linear and ReLU",
)
def slope_at_a(at: At, delta: Any) -> Any:
    return slope(at.f, at.a, at.upstream)


@mistake(
    "f' applied twice",
    "delta",
    "delta = upstream * f'(z) * f'(z)",
    "delta = upstream * f'(z)",
    "the derivative of the activation is multiplied in twice",
    applies=lambda at: with_slope(at) and at.f.name not in ("relu",),
    equivalent="linear and ReLU",
)
def slope_twice(at: At, delta: Any) -> Any:
    return at.f.backward(delta, at.z, at.a)


@mistake(
    "activation's derivative after a fused loss",
    "delta",
    "delta = (p - y) f'(z)",
    "delta = p - y",
    "p - y is dL/dz already: the derivative of the output activation is in it",
    applies=lambda at: at.output and at.fused,
)
def slope_after_fused(at: At, delta: Any) -> Any:
    return at.f.backward(delta, at.z, at.a)


@mistake(
    "a(1 - a) after a fused softmax",
    "delta",
    "delta = (p - y) p (1 - p)",
    "delta = p - y",
    "the derivative of a sigmoid is multiplied in, though p - y is dL/dz already",
    applies=lambda at: at.output and at.fused and at.f.name == "softmax",
)
def diagonal_after_fused(at: At, delta: Any) -> Any:
    return delta * at.a * (1 - at.a)


@mistake(
    "a after a fused loss",
    "delta",
    "delta = (p - y) p",
    "delta = p - y",
    "the output is multiplied in, as if it were the derivative; p - y is dL/dz already",
    applies=lambda at: at.output and at.fused,
)
def output_after_fused(at: At, delta: Any) -> Any:
    return delta * at.a


@mistake(
    "derivative of sigmoid",
    "delta",
    "delta = upstream * a (1 - a)",
    "delta = upstream * f'(z)",
    "a (1 - a) is the derivative of sigmoid, the layer's activation is another",
    applies=lambda at: with_slope(at) and at.f.name not in ("sigmoid", "softmax"),
)
def slope_of_sigmoid(at: At, delta: Any) -> Any:
    return at.upstream * at.a * (1 - at.a)


@mistake(
    "derivative of tanh",
    "delta",
    "delta = upstream * (1 - a^2)",
    "delta = upstream * f'(z)",
    "1 - a^2 is the derivative of tanh, the layer's activation is another",
    applies=lambda at: with_slope(at) and at.f.name != "tanh",
)
def slope_of_tanh(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.a * at.a)


@mistake(
    "derivative of ReLU",
    "delta",
    "delta = upstream * (z > 0)",
    "delta = upstream * f'(z)",
    "z > 0 is the derivative of ReLU, the layer's activation is another",
    applies=lambda at: with_slope(at) and at.f.name != "relu",
)
def slope_of_relu(at: At, delta: Any) -> Any:
    return at.upstream * (at.z > 0)


@mistake(
    "tanh' = 1 - a",
    "delta",
    "tanh'(z) = 1 - a",
    "tanh'(z) = 1 - a^2",
    "the square of tanh is forgotten in its derivative",
    applies=of("tanh"),
)
def tanh_not_squared(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.a)


@mistake(
    "tanh' = 1 + a^2",
    "delta",
    "tanh'(z) = 1 + a^2",
    "tanh'(z) = 1 - a^2",
    "the sign in the derivative of tanh is wrong",
    applies=of("tanh"),
)
def tanh_plus(at: At, delta: Any) -> Any:
    return at.upstream * (1 + at.a * at.a)


@mistake(
    "tanh' = 1 - z^2",
    "delta",
    "tanh'(z) = 1 - z^2",
    "tanh'(z) = 1 - tanh(z)^2",
    "z stands where a = tanh(z) belongs",
    applies=of("tanh"),
)
def tanh_of_z(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.z * at.z)


@mistake(
    "sigmoid' = a",
    "delta",
    "sigmoid'(z) = a",
    "sigmoid'(z) = a (1 - a)",
    "the factor 1 - a is missing",
    applies=of("sigmoid"),
)
def sigmoid_a(at: At, delta: Any) -> Any:
    return at.upstream * at.a


@mistake(
    "sigmoid' = 1 - a",
    "delta",
    "sigmoid'(z) = 1 - a",
    "sigmoid'(z) = a (1 - a)",
    "the factor a is missing",
    applies=of("sigmoid"),
)
def sigmoid_one_minus_a(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.a)


@mistake(
    "sigmoid' = z (1 - z)",
    "delta",
    "sigmoid'(z) = z (1 - z)",
    "sigmoid'(z) = a (1 - a)",
    "z stands where a = sigmoid(z) belongs",
    applies=of("sigmoid"),
)
def sigmoid_of_z(at: At, delta: Any) -> Any:
    return at.upstream * at.z * (1 - at.z)


@mistake(
    "sigmoid' = a (1 + a)",
    "delta",
    "sigmoid'(z) = a (1 + a)",
    "sigmoid'(z) = a (1 - a)",
    "the sign in the derivative of sigmoid is wrong",
    applies=of("sigmoid"),
)
def sigmoid_plus(at: At, delta: Any) -> Any:
    return at.upstream * at.a * (1 + at.a)


@mistake(
    "sigmoid' = sigmoid(z) sigmoid(1 - z)",
    "delta",
    "sigmoid'(z) = sigmoid(z) sigmoid(1 - z)",
    "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))",
    "sigmoid(1 - z) is printed where 1 - sigmoid(z) belongs",
    applies=of("sigmoid"),
)
def sigmoid_misprint(at: At, delta: Any) -> Any:
    return at.upstream * at.a / (1 + np.exp(at.z - 1))


@mistake(
    "sigmoid' = sigmoid(1 - a)",
    "delta",
    "sigmoid'(z) = sigmoid(1 - sigmoid(z))",
    "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))",
    "sigmoid is taken of 1 - a, where a and 1 - a are multiplied",
    applies=of("sigmoid"),
)
def sigmoid_nested(at: At, delta: Any) -> Any:
    return at.upstream / (1 + np.exp(at.a - 1))


@mistake(
    "ReLU' = a",
    "delta",
    "delta = upstream * a",
    "delta = upstream * (z > 0)",
    "the output a is taken for the derivative of ReLU",
    applies=of("relu"),
)
def relu_scaled(at: At, delta: Any) -> Any:
    return at.upstream * at.a


@mistake(
    "ReLU mask from the gradient's sign",
    "delta",
    "delta = upstream * (upstream > 0)",
    "delta = upstream * (z > 0)",
    "the mask is taken from the upstream gradient instead of z",
    applies=of("relu"),
)
def relu_mask_of_upstream(at: At, delta: Any) -> Any:
    return at.upstream * (at.upstream > 0)


@mistake(
    "ReLU mask turned round",
    "delta",
    "delta = upstream * (z < 0)",
    "delta = upstream * (z > 0)",
    "the gradient passes where ReLU is off",
    applies=of("relu"),
)
def relu_mask_inverted(at: At, delta: Any) -> Any:
    return at.upstream * (at.z <= 0)


@mistake(
    "softmax Jacobian's diagonal only",
    "delta",
    "delta = upstream * p (1 - p)",
    "delta = p (upstream - sum_j upstream_j p_j)",
    "every output of softmax depends on every input of its row: the Jacobian has more than a diagonal",
    applies=of("softmax"),
)
def softmax_diagonal(at: At, delta: Any) -> Any:
    return at.upstream * at.a * (1 - at.a)


@mistake(
    "softmax Jacobian without its diagonal",
    "delta",
    "delta = -p sum_j upstream_j p_j",
    "delta = p (upstream - sum_j upstream_j p_j)",
    "the term of j = k is missing",
    applies=of("softmax"),
)
def softmax_off_diagonal(at: At, delta: Any) -> Any:
    return -at.a * (at.upstream * at.a).sum(axis=-1, keepdims=True)


@mistake(
    "softmax's p forgotten in front",
    "delta",
    "delta = upstream - sum_j upstream_j p_j",
    "delta = p (upstream - sum_j upstream_j p_j)",
    "the factor p in front is missing",
    applies=of("softmax"),
)
def softmax_factor(at: At, delta: Any) -> Any:
    return at.upstream - (at.upstream * at.a).sum(axis=-1, keepdims=True)


@mistake(
    "sign of delta",
    "delta",
    "delta = -upstream * f'(z)",
    "delta = upstream * f'(z)",
    "a sign is wrong on the way through the activation",
    applies=computed,
)
def delta_sign(at: At, delta: Any) -> Any:
    return -delta


@mistake(
    "z of the layer above in f'",
    "delta",
    "delta = upstream * f'(z above)",
    "delta = upstream * f'(z)",
    "the derivative is taken at the next layer's z: an index is off by one",
    applies=lambda at: hidden(at) and with_slope(at) and at.layers[at.layer + 1].z.shape == at.z.shape,
)
def slope_of_next(at: At, delta: Any) -> Any:
    return slope(at.f, at.layers[at.layer + 1].z, at.upstream)


# ---- dW --------------------------------------------------------------------------------------------------


@mistake(
    "dW averaged again",
    "dW",
    "dW = x.T delta / N",
    "dW = x.T delta",
    "1/N is in delta already",
    equivalent="one sample",
)
def dW_averaged(at: At, dW: Any) -> Any:
    return dW / at.N


@mistake(
    "dW without the mean",
    "dW",
    "dW = N x.T delta",
    "dW = x.T delta",
    "dW is a sum over the samples where the rest is a mean",
    equivalent="one sample",
)
def dW_summed(at: At, dW: Any) -> Any:
    return dW * at.N


@mistake("dW doubled", "dW", "dW = 2 x.T delta", "dW = x.T delta", "a factor 2 too many")
def dW_doubled(at: At, dW: Any) -> Any:
    return dW * 2


@mistake("dW halved", "dW", "dW = x.T delta / 2", "dW = x.T delta", "a factor 1/2 too many")
def dW_halved(at: At, dW: Any) -> Any:
    return dW / 2


@mistake(
    "sign of dW",
    "dW",
    "dW = -x.T delta",
    "dW = x.T delta",
    "the sign is wrong: the update subtracts the gradient, the gradient has no minus",
)
def dW_sign(at: At, dW: Any) -> Any:
    return -dW


@mistake("dW transposed", "dW", "dW = delta.T x", "dW = x.T delta", "dW has the shape of W transposed")
def dW_transposed(at: At, dW: Any) -> Any:
    return dW.T


@mistake(
    "dW of the last sample only",
    "dW",
    "dW = x_N.T delta_N",
    "dW = x.T delta",
    "each sample overwrites the one before: = for +=",
    equivalent="one sample",
)
def dW_last(at: At, dW: Any) -> Any:
    return np.dot(at.x[-1:].T, at.delta[-1:])


@mistake(
    "dW of the first sample only",
    "dW",
    "dW = x_1.T delta_1",
    "dW = x.T delta",
    "only the first sample is used",
    equivalent="one sample",
)
def dW_first(at: At, dW: Any) -> Any:
    return np.dot(at.x[:1].T, at.delta[:1])


@mistake(
    "dW without the last sample",
    "dW",
    "dW = sum to N - 1",
    "dW = sum over all samples",
    "the loop over the samples ends one too early",
    applies=lambda at: at.N > 1,
)
def dW_short(at: At, dW: Any) -> Any:
    return np.dot(at.x[:-1].T, at.delta[:-1])


@mistake(
    "z for a in dW",
    "dW",
    "dW = z_prev.T delta",
    "dW = a_prev.T delta",
    "the weighted input of the layer below stands where its output belongs",
    applies=lambda at: at.layer > 0,
    equivalent="a linear layer below",
)
def dW_of_z(at: At, dW: Any) -> Any:
    return np.dot(at.layers[at.layer - 1].z.T, at.delta)


@mistake(
    "own output in dW",
    "dW",
    "dW = a.T delta",
    "dW = a_prev.T delta",
    "the layer's own output stands where its input belongs: an index is off by one",
    applies=lambda at: at.a.shape == at.x.shape,
)
def dW_of_own(at: At, dW: Any) -> Any:
    return np.dot(at.a.T, at.delta)


@mistake(
    "network input in dW",
    "dW",
    "dW = x.T delta",
    "dW = a_prev.T delta",
    "the input of the network stands where the input of the layer belongs",
    applies=lambda at: at.layer > 0 and at.layers[0].x.shape == at.x.shape,
)
def dW_of_input(at: At, dW: Any) -> Any:
    return np.dot(at.layers[0].x.T, at.delta)


@mistake(
    "upstream for delta in dW",
    "dW",
    "dW = x.T upstream",
    "dW = x.T delta",
    "f' is missing in dW (and there only)",
    applies=with_slope,
)
def dW_of_upstream(at: At, dW: Any) -> Any:
    return np.dot(at.x.T, at.upstream)


# ---- db --------------------------------------------------------------------------------------------------


@mistake(
    "db averaged",
    "db",
    "db = mean of delta",
    "db = sum of delta",
    "1/N is in delta already, db is its sum over the samples",
    equivalent="one sample",
)
def db_averaged(at: At, db: Any) -> Any:
    return db / at.N


@mistake(
    "db without the mean",
    "db",
    "db = N sum of delta",
    "db = sum of delta",
    "db is a sum over the samples where the rest is a mean",
    equivalent="one sample",
)
def db_summed(at: At, db: Any) -> Any:
    return db * at.N


@mistake(
    "db not summed",
    "db",
    "db = delta",
    "db = delta.sum(axis=0)",
    "the sum over the samples is missing",
    equivalent="one sample",
)
def db_not_summed(at: At, db: Any) -> Any:
    return at.delta


@mistake(
    "db summed over the wrong axis",
    "db",
    "db = delta.sum(axis=1)",
    "db = delta.sum(axis=0)",
    "the sum runs over the units instead of the samples",
)
def db_axis(at: At, db: Any) -> Any:
    return at.delta.sum(axis=1)


@mistake(
    "db a sum of everything",
    "db",
    "db = delta.sum()",
    "db = delta.sum(axis=0)",
    "the sum runs over samples and units",
    applies=lambda at: at.delta.shape[1] > 1,
)
def db_everything(at: At, db: Any) -> Any:
    return 0 * db + at.delta.sum()


@mistake("db forgotten", "db", "db = 0", "db = delta.sum(axis=0)", "the bias gets no gradient")
def db_zero(at: At, db: Any) -> Any:
    return 0 * db


@mistake(
    "db of the last sample only",
    "db",
    "db = delta_N",
    "db = delta.sum(axis=0)",
    "each sample overwrites the one before: = for +=",
    equivalent="one sample",
)
def db_last(at: At, db: Any) -> Any:
    return at.delta[-1]


@mistake(
    "db of the first sample only",
    "db",
    "db = delta_1",
    "db = delta.sum(axis=0)",
    "only the first sample is used",
    equivalent="one sample",
)
def db_first(at: At, db: Any) -> Any:
    return at.delta[0]


@mistake(
    "sign of db",
    "db",
    "db = -sum of delta",
    "db = sum of delta",
    "the sign is wrong, or belongs to a bias that is subtracted",
)
def db_sign(at: At, db: Any) -> Any:
    return -db


@mistake("bias in db", "db", "db = b * sum of delta", "db = sum of delta", "dz/db is 1, not b")
def db_times_bias(at: At, db: Any) -> Any:
    return db * at.b


@mistake(
    "upstream for delta in db",
    "db",
    "db = sum of upstream",
    "db = sum of delta",
    "f' is missing in db (and there only)",
    applies=with_slope,
)
def db_of_upstream(at: At, db: Any) -> Any:
    return at.upstream.sum(axis=0)


# ---- dx --------------------------------------------------------------------------------------------------


@mistake(
    "W for W.T",
    "dx",
    "dx = delta W",
    "dx = delta W.T",
    "the way back goes through W transposed",
    applies=lambda at: at.W.shape[0] == at.W.shape[1],
    equivalent="symmetric W; only a square W fits both ways",
)
def dx_not_transposed(at: At, dx: Any) -> Any:
    return np.dot(at.delta, at.W)


@mistake(
    "delta handed down without W",
    "dx",
    "dx = delta",
    "dx = delta W.T",
    "the weights are missing on the way back",
    applies=lambda at: at.W.shape[0] == at.W.shape[1],
)
def dx_without_kernel(at: At, dx: Any) -> Any:
    return at.delta


@mistake(
    "upstream divided by N again",
    "dx",
    "dx = delta W.T / N",
    "dx = delta W.T",
    "1/N is in delta already",
    equivalent="one sample",
)
def dx_averaged(at: At, dx: Any) -> Any:
    return dx / at.N


@mistake("sign of dx", "dx", "dx = -delta W.T", "dx = delta W.T", "a sign is wrong on the way down")
def dx_sign(at: At, dx: Any) -> Any:
    return -dx


@mistake(
    "upstream for delta in dx",
    "dx",
    "dx = upstream W.T",
    "dx = delta W.T",
    "f' of the layer above is missing on the way down",
    applies=with_slope,
)
def dx_of_upstream(at: At, dx: Any) -> Any:
    return np.dot(at.upstream, at.W.T)


@mistake(
    "W of the layer below",
    "dx",
    "dx = delta (W below).T",
    "dx = delta W.T",
    "the weights of another layer are used on the way back: an index is off by one",
    applies=lambda at: at.layer > 0 and at.layers[at.layer - 1].W.shape == at.W.shape,
)
def dx_other_kernel(at: At, dx: Any) -> Any:
    return np.dot(at.delta, at.layers[at.layer - 1].W.T)


@mistake(
    "one unit too few on the way back",
    "dx",
    "dx = sum to the last unit but one",
    "dx = sum over all units",
    "the sum over the units of the layer above ends one too early",
    applies=lambda at: at.delta.shape[1] > 1,
)
def dx_short(at: At, dx: Any) -> Any:
    return np.dot(at.delta[:, :-1], at.W[:, :-1].T)


# ---- l2 --------------------------------------------------------------------------------------------------


def penalized(at: At) -> bool:
    return at.l2 > 0


@mistake(
    "l2 missing in the gradient",
    "dW",
    "dW = x.T delta",
    "dW = x.T delta + 2 l2 W",
    "the penalty is in the loss but not in the gradient",
    applies=penalized,
)
def l2_missing(at: At, dW: Any) -> Any:
    return dW - 2 * at.l2 * at.W


@mistake(
    "l2 doubled in the gradient",
    "dW",
    "dW = x.T delta + 4 l2 W",
    "dW = x.T delta + 2 l2 W",
    "the penalty's gradient is twice what its loss says",
    applies=penalized,
)
def l2_doubled(at: At, dW: Any) -> Any:
    return dW + 2 * at.l2 * at.W


@mistake(
    "l2 halved in the gradient",
    "dW",
    "dW = x.T delta + l2 W",
    "dW = x.T delta + 2 l2 W",
    "the 2 of the square is forgotten: with l2 W in the gradient the loss has l2/2 W^2",
    applies=penalized,
)
def l2_halved(at: At, dW: Any) -> Any:
    return dW - at.l2 * at.W


@mistake(
    "l2 in the gradient divided by N",
    "dW",
    "dW = (x.T delta + 2 l2 W) / N",
    "dW = x.T delta / N + 2 l2 W",
    "the penalty is not a mean over the samples: in the loss it is whole, in the gradient 1/N of it",
    applies=penalized,
    equivalent="one sample",
)
def l2_averaged(at: At, dW: Any) -> Any:
    return dW - 2 * at.l2 * at.W * (1 - 1 / at.N)


@mistake(
    "l2 subtracted in the gradient",
    "dW",
    "dW = x.T delta - 2 l2 W",
    "dW = x.T delta + 2 l2 W",
    "the penalty's gradient has the wrong sign",
    applies=penalized,
)
def l2_sign(at: At, dW: Any) -> Any:
    return dW - 4 * at.l2 * at.W


@mistake(
    "l2 on the bias",
    "db",
    "db = sum of delta + 2 l2 b",
    "db = sum of delta",
    "the biases are not in the penalty, but in its gradient",
    applies=penalized,
)
def l2_on_bias(at: At, db: Any) -> Any:
    return db + 2 * at.l2 * at.b
