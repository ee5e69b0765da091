"""What people do otherwise in one line of an optimizer: mistakes, and variants that are published somewhere."""

from typing import Any

import numpy as np

from .base import Mistake, table
from .rules import StepContext, root_of


def taken_by(*names: str) -> Any:
    """Return a condition: the rule is one of these."""
    return lambda at: at.rule in names


def having(name: str) -> Any:
    """Return a condition: this hyperparameter is not 0, None or False."""
    return lambda at: bool(at.h.get(name))


ADAM, CORRECTED = taken_by("adam", "adamw"), taken_by("adam", "adamw", "nadam")
SQUARED = taken_by("adam", "adamw", "nadam", "rmsprop", "adadelta")
FIRST = taken_by("adam", "adamw", "nadam", "adamax")
ROOTED = taken_by("adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam")


def keeping(at: StepContext) -> bool:
    """Whether something is kept from step to step."""
    return at.rule != "sgd" or bool(at.h["momentum"])


def corrected_kept(at: StepContext, nothing: Any) -> None:
    at.slots["m"], at.slots["v"] = at.slots["m"] / at.c1, at.slots["v"] / at.c2


def with_momentum(at: StepContext) -> bool:
    return at.rule == "sgd" and bool(at.h["momentum"])


def with_decay(at: StepContext, g: Any, factor: float = 1.0) -> Any:
    coupling = g + factor * at.h["weight_decay"] * at.x
    at.h = at.h | {"weight_decay": None}
    return coupling


def no_look_ahead(at: StepContext, m_hat: Any) -> Any:
    mu, product = at.h["beta_1"] * (1 - 0.5 * 0.96 ** (at.t)), at.slots["U"]
    return m_hat - (1 - mu) * at.g / (1 - product)


def epsilon_in_maximum(at: StepContext, root: Any) -> Any:
    own = at.slots["v"] = np.maximum(at.h["beta_2"] * at.old_v, np.abs(at.g) + at.h["epsilon"])
    return own


def amsgrad_corrected(at: StepContext, v: Any) -> Any:
    at.plants = at.plants | {"correction": [UNCORRECTED]}
    return v / at.c2


UNCORRECTED = Mistake("correction", "", "", "", "", lambda at, right: 1 / at.c1)


# fmt: off
optimizer_mistakes = table("optimizer mistake", [
    # ---- the step as a whole: its sign, its size, what is kept, how steps are counted
    ("x", "sign of the step", "x = x + step", "x = x - step", "the step goes uphill: it is added to the weight",
     lambda at, x: at.x + at.moved),
    ("lr", "learning rate left out", "x - s", "x - lr s", "the step is not multiplied by the learning rate",
     lambda at, lr: 1.0, lambda at: at.rule != "adadelta"),
    ("lr", "learning rate squared", "x - lr^2 s", "x - lr s", "the learning rate is multiplied in twice",
     lambda at, lr: lr * lr),
    ("slots", "slots reset every step", "m = v = 0 in every step", "m, v are kept from step to step",
     "the running averages start anew in every step: what is kept is not handed on", lambda at, slots: {},
     keeping),
    ("slots", "one slot shared between parameters", "one m, v for all parameters", "m, v of each parameter",
     "all parameters share one running average, which mixes their gradients", lambda at, slots: slots["shared"],
     keeping),
    ("t", "t counted from 0", "t = 0, 1, 2, ...", "t = 1, 2, 3, ...", "the step count starts at 0", lambda at, t: t - 1,
     FIRST),
    ("t", "t counted from 2", "t = 2, 3, 4, ...", "t = 1, 2, 3, ...", "the step count is one ahead",
     lambda at, t: t + 1, FIRST),
    ("t", "t counted once for each parameter", "t = t + 1 for each parameter", "t = t + 1 for each step",
     "the step count grows with every parameter, not with every step", lambda at, t: -1, FIRST),
    # ---- bias corrections
    ("c", "no bias correction", "m / (sqrt(v) + eps)", "m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + eps)",
     "the running averages are not corrected for starting at 0", lambda at, c: (1, 1),
     taken_by("adam", "adamw", "adamax")),
    ("c1", "first moment not corrected", "m_hat = m", "m_hat = m / (1 - beta_1^t)",
     "the average of the gradients is not corrected for starting at 0", lambda at, c: 1, ADAM),
    ("c2", "second moment not corrected", "v_hat = v", "v_hat = v / (1 - beta_2^t)",
     "the average of the squares is not corrected for starting at 0", lambda at, c: 1, CORRECTED),
    ("c", "beta for beta^t", "m_hat = m / (1 - beta_1)", "m_hat = m / (1 - beta_1^t)",
     "the bias correction does not depend on the step: beta stands for beta^t",
     lambda at, c: (1 - at.h["beta_1"], 1 - at.h["beta_2"]), taken_by("adam", "adamw", "adamax")),
    ("c1", "beta_1 for beta_1^t", "m_hat = m / (1 - beta_1)", "m_hat = m / (1 - beta_1^t)",
     "the correction of m does not depend on the step", lambda at, c: 1 - at.h["beta_1"], ADAM),
    ("c2", "beta_2 for beta_2^t", "v_hat = v / (1 - beta_2)", "v_hat = v / (1 - beta_2^t)",
     "the correction of v does not depend on the step", lambda at, c: 1 - at.h["beta_2"], CORRECTED),
    ("correction", "bias corrections swapped", "m / (1 - beta_2^t), v / (1 - beta_1^t)",
     "m / (1 - beta_1^t), v / (1 - beta_2^t)", "m is corrected with beta_2 and v with beta_1",
     lambda at, correction: root_of(at.c1) / at.c2, ADAM),
    ("correction", "root of the second correction forgotten", "lr (1 - beta_2^t) / (1 - beta_1^t)",
     "lr sqrt(1 - beta_2^t) / (1 - beta_1^t)", "the correction of v is not under the root",
     lambda at, correction: at.c2 / at.c1, ADAM),
    ("correction", "bias correction multiplied", "m_hat = m (1 - beta_1^t), v_hat = v (1 - beta_2^t)",
     "m_hat = m / (1 - beta_1^t), v_hat = v / (1 - beta_2^t)",
     "the averages are multiplied by the corrections instead of divided: they start even smaller",
     lambda at, correction: at.c1 / root_of(at.c2), ADAM),
    ("beta_1", "beta_1^t in the average", "m = beta_1^t m + (1 - beta_1^t) g", "m = beta_1 m + (1 - beta_1) g",
     "the power belongs to the bias correction, not to the average", lambda at, beta: at.h["beta_1"] ** at.t, ADAM),
    ("kept", "corrected averages are kept", "m = m / (1 - beta_1^t), and so on", "m_hat = m / (1 - beta_1^t)",
     "the corrected averages overwrite the running ones, and are corrected again next time", corrected_kept, ADAM),
    # ---- the divisor, and the squares below its root
    ("root", "epsilon forgotten", "g / sqrt(v)", "g / (sqrt(v) + epsilon)", "nothing keeps the divisor from 0",
     lambda at, root: np.sqrt(at.v / at.c2) if at.rule == "nadam" else np.sqrt(at.v), ROOTED),
    ("root", "root forgotten", "g / (v + epsilon)", "g / (sqrt(v) + epsilon)",
     "the step is divided by the average square, not by its root",
     lambda at, root: (at.v / at.c2 if at.rule == "nadam" else at.v) + at.h["epsilon"], ROOTED),
    ("step", "root of the corrected square forgotten", "m_hat / (v_hat + epsilon)", "m_hat / (sqrt(v_hat) + epsilon)",
     "the step is divided by the corrected average square, not by its root",
     lambda at, step: at.lr * at.m / at.c1 / (at.v / at.c2 + at.h["epsilon"]), ADAM),
    ("square", "gradient not squared", "v = beta_2 v + (1 - beta_2) g", "v = beta_2 v + (1 - beta_2) g^2",
     "v averages the gradients instead of their squares", lambda at, square: at.g, ROOTED),
    ("square", "size of the gradient for its square", "v = beta_2 v + (1 - beta_2) |g|",
     "v = beta_2 v + (1 - beta_2) g^2", "v averages |g| instead of g^2", lambda at, square: np.abs(at.g), ROOTED),
    ("square", "momentum squared for the gradient's square", "v = beta_2 v + (1 - beta_2) m^2",
     "v = beta_2 v + (1 - beta_2) g^2", "v averages m^2 instead of g^2", lambda at, square: at.m * at.m, CORRECTED),
    # ---- running averages, and which of them are used
    ("beta_1", "beta_1 and 1 - beta_1 swapped", "m = (1 - beta_1) m + beta_1 g", "m = beta_1 m + (1 - beta_1) g",
     "the old average gets the small share and the new gradient the large one", lambda at, beta: 1 - beta,
     taken_by("adam", "adamw", "nadam", "adamax", "lion")),
    ("beta_2", "beta_2 and 1 - beta_2 swapped", "v = (1 - beta_2) v + beta_2 g^2", "v = beta_2 v + (1 - beta_2) g^2",
     "the old average gets the small share and the new square the large one", lambda at, beta: 1 - beta,
     taken_by("adam", "adamw", "nadam", "rmsprop", "adadelta", "lion")),
    ("beta_1", "beta_2 for beta_1", "m = beta_2 m + (1 - beta_2) g", "m = beta_1 m + (1 - beta_1) g",
     "the average of the gradients runs with beta_2", lambda at, beta: at.h["beta_2"], FIRST),
    ("beta_2", "beta_1 for beta_2", "v = beta_1 v + (1 - beta_1) g^2", "v = beta_2 v + (1 - beta_2) g^2",
     "the second average runs with beta_1", lambda at, beta: at.h["beta_1"], lambda at: "beta_1" in at.h),
    ("m", "1 - beta_1 forgotten", "m = beta_1 m + g", "m = beta_1 m + (1 - beta_1) g",
     "the new gradient enters the average with its full size", lambda at, m: at.h["beta_1"] * at.old_m + at.g, FIRST),
    ("v", "1 - beta_2 forgotten", "v = beta_2 v + g^2", "v = beta_2 v + (1 - beta_2) g^2",
     "the new square enters the average with its full size",
     lambda at, v: at.h.get("beta_2", at.h.get("rho")) * at.old_v + at.g * at.g, SQUARED),
    ("start", "sum of squares starts at 1", "a = 1", "a = initial_accumulator_value",
     "the sum starts at 1, far above the squares of small gradients", lambda at, start: 1.0, taken_by("adagrad")),
    ("v", "squares not added up", "a = g^2", "a = a + g^2", "only the last square is kept", lambda at, v: at.g * at.g,
     ROOTED),
    ("m used", "step before m is updated", "x = x - lr m; then m = ...", "m = ...; then x = x - lr m",
     "the step uses the m of the step before", lambda at, m: at.old_m,
     lambda at: FIRST(at) or (with_momentum(at) and not at.h["nesterov"])),
    ("v used", "step before v is updated", "x = x - lr g / sqrt(v); then v = ...",
     "v = ...; then x = x - lr g / sqrt(v)", "the step uses the v of the step before", lambda at, v: at.old_v,
     lambda at: ROOTED(at) or at.rule == "adamax"),
    ("step", "step before m and v are updated", "x = x - step; then m, v = ...", "m, v = ...; then x = x - step",
     "the step uses the m and v of the step before",
     lambda at, step: at.lr * root_of(at.c2) / at.c1 * at.old_m / (np.sqrt(at.old_v) + at.h["epsilon"]), ADAM),
    ("m used", "gradient for its average", "g / (sqrt(v_hat) + eps)", "m_hat / (sqrt(v_hat) + eps)",
     "the step takes the gradient instead of its running average", lambda at, m: at.g, FIRST),
    # ---- momentum
    ("momentum", "momentum ignored", "x = x - lr g", "m = mu m - lr g; x = x + m", "the momentum is not used",
     lambda at, mu: 0, having("momentum")),
    ("m", "sign of the kept momentum", "m = mu m + lr g; x = x - mu m", "m = mu m - lr g; x = x + m",
     "what is kept of the momentum enters with the wrong sign: it brakes",
     lambda at, m: m - 2 * at.h["momentum"] * at.old_m, with_momentum),
    ("m", "momentum before the wrong term", "m = m - mu lr g", "m = mu m - lr g",
     "the momentum stands before the gradient: what is kept never decays",
     lambda at, m: at.old_m - at.h["momentum"] * at.lr * at.g, with_momentum),
    ("m", "momentum times learning rate", "m = lr mu m - lr g", "m = mu m - lr g",
     "what is kept is multiplied by the learning rate again: hardly anything is left of it",
     lambda at, m: m - (1 - at.lr) * at.h["momentum"] * at.old_m, with_momentum),
    ("m", "first momentum without the learning rate", "m = -g in the first step", "m = -lr g in the first step",
     "the momentum starts as the gradient itself: the first step is 1/lr times as large",
     lambda at, m: -1.0 * at.g if at.t == 1 else m, with_momentum),
    ("step", "sign of the look-ahead", "x = x - mu m - lr g", "x = x + mu m - lr g",
     "it looks back: the momentum is subtracted where m has the sign of the step already",
     lambda at, step: at.lr * at.g + at.h["momentum"] * at.slots.get("m", 0 * at.g), having("nesterov")),
    ("nesterov", "Nesterov ignored", "x = x + m", "x = x + mu m - lr g", "it is momentum without the look-ahead",
     lambda at, nesterov: False, having("nesterov")),
    ("nesterov", "Nesterov where it is not wanted", "x = x + mu m - lr g", "x = x + m", "it looks ahead",
     lambda at, nesterov: True, lambda at: with_momentum(at) and not at.h["nesterov"]),
    # ---- what only one or two rules have
    ("centered", "centred ignored", "sqrt(v + eps)", "sqrt(v - a^2 + eps)",
     "the squared average gradient is not subtracted", lambda at, centered: False, having("centered")),
    ("average squared", "average gradient not squared", "v - a", "v - a^2", "the average gradient itself is subtracted",
     lambda at, square: at.slots["a"], having("centered")),
    ("amsgrad", "AMSGrad ignored", "sqrt(v)", "sqrt(max of all v so far)", "the largest v is not kept",
     lambda at, amsgrad: False, having("amsgrad")),
    ("decay", "weight decay ignored", "x = x - step", "x = x - lr wd x - step", "the weights do not decay",
     lambda at, x: at.x),
    ("decay", "weight decay with the wrong sign", "x = x + lr wd x", "x = x - lr wd x", "the decay makes weights grow",
     lambda at, x: at.x + at.lr * at.h["weight_decay"] * at.x),
    ("g", "weight decay coupled", "g = g + wd x; then Adam", "x = x - lr wd x; then Adam",
     "the decay goes through the averages as L2 would: that is Adam with L2, not AdamW",
     lambda at, g: with_decay(at, g), lambda at: at.rule == "adamw" and bool(at.h.get("weight_decay"))),
    ("g", "weight decay times the gradient", "g = g (1 + wd x)", "g = g + wd x",
     "the decay multiplies the gradient; it must be added to it", lambda at, g: with_decay(at, g, g),
     having("weight_decay")),
    ("g", "weight decay taken off the gradient", "g = g - wd x", "g = g + wd x", "the decay makes weights grow",
     lambda at, g: with_decay(at, g, -1.0), having("weight_decay")),
    ("root", "bias correction of u", "m_hat / u_hat", "m_hat / u", "the largest gradient needs no correction",
     lambda at, root: at.v / (1 - at.h["beta_2"] ** at.t) + at.h["epsilon"], taken_by("adamax")),
    ("size", "|g| forgotten", "u = max(beta_2 u, g)", "u = max(beta_2 u, |g|)", "negative gradients do not count",
     lambda at, size: at.g, taken_by("adamax")),
    ("look ahead", "look-ahead forgotten", "m_hat = mu m / (1 - U)", "m_hat = mu m / (1 - U) + (1 - mu) g / (1 - U)",
     "the gradient's own part of the look-ahead is missing", no_look_ahead, taken_by("nadam")),
    ("look ahead", "look-ahead not corrected", "m_hat = beta_1 m / c1 + (1 - beta_1) g",
     "m_hat = beta_1 m / c1 + (1 - beta_1) g / c1", "the gradient's part of the look-ahead lacks its bias correction",
     lambda at, _: at.h["beta_1"] * at.m / at.c1 + (1 - at.h["beta_1"]) * at.g, taken_by("nadam")),
    ("delta squared", "gradient squared for the step squared", "d = rho d + (1 - rho) g^2", "d = rho d + (1 - rho) s^2",
     "the second average is of the gradients, not of the steps", lambda at, square: at.g * at.g, taken_by("adadelta")),
    ("sign", "sign forgotten", "x = x - lr c", "x = x - lr sign(c)", "the step is not reduced to its sign",
     lambda at, sign: at.h["beta_1"] * at.old_m + (1 - at.h["beta_1"]) * at.g, taken_by("lion")),
    ("sign", "sign of the momentum alone", "x = x - lr sign(m)", "x = x - lr sign(beta_1 m + (1 - beta_1) g)",
     "the step takes the new m instead of the interpolation with beta_1", lambda at, sign: np.sign(at.m),
     taken_by("lion")),
])

optimizer_variants = table("optimizer variant", [
    ("root", "epsilon as in the paper", "sqrt(v_hat) + epsilon", "sqrt(v) + epsilon ('epsilon hat')",
     "epsilon is added to the corrected root, as in the paper's Algorithm 1 and PyTorch; Keras adds it "
     "before the correction ('epsilon hat')", lambda at, root: np.sqrt(at.v) + at.h["epsilon"] * root_of(at.c2), ADAM),
    ("root", "epsilon inside the root", "sqrt(v + epsilon)", "sqrt(v) + epsilon",
     "epsilon stands inside the root; Keras adds it outside",
     lambda at, root: np.sqrt((at.v / at.c2 if at.rule == "nadam" else at.v) + at.h["epsilon"]),
     taken_by("adam", "adamw", "nadam")),
    ("root", "epsilon inside the corrected root", "sqrt(v_hat + epsilon)", "sqrt(v) + epsilon",
     "epsilon stands inside the root, with the corrected v; Keras adds it outside",
     lambda at, root: np.sqrt(at.v + at.h["epsilon"] * at.c2), ADAM),
    ("root", "epsilon outside the root", "sqrt(v) + epsilon", "sqrt(v + epsilon)",
     "epsilon stands outside the root, as in PyTorch; Keras adds it inside",
     lambda at, root: np.sqrt(at.v) + at.h["epsilon"], taken_by("rmsprop", "adagrad")),
    ("root", "no epsilon in Adamax", "m / (c u)", "m / (c (u + epsilon))",
     "the divisor has no epsilon, as in the paper", lambda at, root: at.v, taken_by("adamax")),
    ("root", "epsilon inside the maximum", "u = max(beta_2 u, |g| + epsilon)", "u + epsilon",
     "epsilon stands inside the maximum, as in PyTorch", epsilon_in_maximum, taken_by("adamax")),
    ("start", "sum starts at 0", "a = 0", "a = initial_accumulator_value",
     "the sum of squares starts at 0, as in the paper and PyTorch; Keras starts it at 0.1", lambda at, start: 0.0,
     taken_by("adagrad")),
    ("start", "average starts at 1", "v = 1", "v = 0",
     "the average of the squares starts at 1, as in TensorFlow 1 and Autograd; Keras starts it at 0",
     lambda at, start: 1.0, taken_by("rmsprop")),
    ("m", "momentum as a running average", "m = mu m - (1 - mu) lr g", "m = mu m - lr g",
     "the momentum is a running average of the gradients, with 1 - mu before the new one",
     lambda at, m: at.h["momentum"] * at.old_m - (1 - at.h["momentum"]) * at.lr * at.g, taken_by("sgd")),
    ("g", "weight decay as L2", "g = g + wd x", "x = x - lr wd x",
     "the decay is added to the gradient (L2), as in PyTorch; Keras takes it off the weight",
     lambda at, g: with_decay(at, g), lambda at: at.rule != "adamw" and bool(at.h.get("weight_decay"))),
    ("decay", "weight decay not scaled", "x = x - wd x", "x = x - lr wd x",
     "the decay is not multiplied by the learning rate, as in Algorithm 2 of AdamW's paper",
     lambda at, x: at.x - at.h["weight_decay"] * at.x, lambda at: at.rule in ("sgd", "adam", "adamw")),
    ("x", "weight decay after the step", "x = (1 - lr wd) (x - step)", "x = (1 - lr wd) x - step",
     "the weight decays after its step, not before", lambda at, x: at.x - (1 - at.lr * at.h["weight_decay"]) * at.moved,
     having("weight_decay")),
    ("compared", "AMSGrad on the corrected v", "max(v_hat)", "max(v)",
     "the largest of the corrected v is kept; Keras keeps the largest v itself", amsgrad_corrected, having("amsgrad")),
    ("speed", "slower momentum schedule", "mu = beta_1 (1 - 0.96^(0.004 t) / 2)", "mu = beta_1 (1 - 0.96^t / 2)",
     "the momentum schedule is the paper's and PyTorch's, 0.96^(0.004 t); Keras has 0.96^t", lambda at, speed: 0.004,
     taken_by("nadam")),
    ("look ahead", "no momentum schedule", "m_hat = (beta_1 m + (1 - beta_1) g) / (1 - beta_1^t)",
     "m_hat = mu m / (1 - U) + ...", "beta_1 has no schedule, as in most descriptions of Nadam; Keras warms it up",
     lambda at, _: (at.h["beta_1"] * at.m + (1 - at.h["beta_1"]) * at.g) / at.c1, taken_by("nadam")),
    ("look ahead", "no momentum schedule, corrected ahead",
     "m_hat = beta_1 m / (1 - beta_1^(t+1)) + (1 - beta_1) g / (1 - beta_1^t)", "m_hat = mu m / (1 - U) + ...",
     "beta_1 has no schedule, and m is corrected for the step after; Keras warms it up",
     lambda at, _: at.h["beta_1"] * at.m / (1 - at.h["beta_1"] ** (at.t + 1)) + (1 - at.h["beta_1"]) * at.g / at.c1,
     taken_by("nadam")),
    ("lr", "no learning rate", "x = x - s", "x = x - lr s", "it has no learning rate, as in the paper",
     lambda at, lr: 1.0, taken_by("adadelta")),
])
"""Another convention, not a mistake."""
