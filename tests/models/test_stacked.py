"""Runs stacked along a leading axis: every run gets, bit by bit, what it gets alone."""

import numpy as np
import pytest

import handnn
from handnn import activations, layers, losses, optimizers
from handnn.core import stacking
from handnn.layers.base import layers as known_layers
from handnn.layers.regularization import Chance
from handnn.losses.base import losses as known_losses
from handnn.models.stacked import Stack, obstacle
from handnn.optimizers import recent, schedules
from handnn.optimizers import stacked as stacked_optimizers

RUNS, SAMPLES, INPUTS, CLASSES = 3, 22, 6, 4
KNOWN = {cls.__name__: cls for _, cls in (*optimizers.optimizers.items(), *recent.items())}
RULES = {name: cls for name, cls in KNOWN.items() if not cls.second_order}
STACKING = {cls.__name__: cls for _, cls in known_layers.items() if cls.stacks}
ARGUMENTS = {"Dense": (5,), "Activation": ("tanh",), "Dropout": (0.4,), "AlphaDropout": (0.3,), "GaussianNoise": (0.2,),
             "GaussianDropout": (0.3,)}  # fmt: skip
OPTIONS = [{"clipnorm": 0.05}, {"global_clipnorm": 0.05}, {"clipvalue": 0.01}, {"weight_decay": 0.1},
           {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}, {"loss_scale_factor": 3.0},
           {"gradient_accumulation_steps": 2}]  # fmt: skip


def network(run, optimizer, *middle, loss="categorical_crossentropy", top="softmax", metrics=("accuracy",), **first):
    """One run's network: its own initial weights, its own layers in the middle."""
    dense = {"kernel_initializer": handnn.initializers.GlorotUniform(seed=run), "name": "first"}
    last = {"kernel_initializer": handnn.initializers.GlorotUniform(seed=100 + run), "name": "last"}
    model = handnn.Sequential(
        [
            handnn.Input((INPUTS,)),
            layers.Dense(8, "tanh", **dense | first),
            *middle,
            layers.Dense(CLASSES, top, **last),
        ],
        name="stacked",
    )
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def data(rng, labels=False):
    x = rng.normal(size=(SAMPLES, INPUTS)).astype("float32")
    y = rng.integers(0, CLASSES, SAMPLES)
    return x, y if labels else np.eye(CLASSES, dtype="float32")[y]


def bits(arrays):
    """The bytes of arrays; a NaN has one form, whatever made it."""
    return [np.where(np.isnan(array), np.asarray(np.nan, array.dtype), array).tobytes() for array in arrays]


def hold(make, rng, x=None, y=None, steps=6, rates=(1.0, 0.3, 2.0)):
    """Assert that `make(run, rate)` trains and evaluates in a stack as it does alone; return the stack."""
    if x is None:
        x, y = data(rng)
    alone, stack = [make(i, r) for i, r in enumerate(rates)], Stack([make(i, r) for i, r in enumerate(rates)])
    with np.errstate(all="ignore"):
        for step in range(steps):
            size = 8 if step % 3 < 2 else 5  # the last batch of an epoch is smaller
            rows = np.stack([rng.permutation(SAMPLES)[:size] for _ in rates])
            found = stack.train_step(x[rows], y[rows])
            expected = np.array([model.train_step(x[own], y[own]).loss for model, own in zip(alone, rows, strict=True)])
            assert bits([found]) == bits([expected]), f"losses of step {step}: {found}, alone {expected}"
        stack.use_averages()
        for model in alone:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        for run, model in enumerate(alone):
            assert bits(stack.models[run].get_weights()) == bits(model.get_weights()), f"weights of run {run}"
        expected = [model.evaluate(x, y, batch_size=9, verbose=0, return_dict=True) for model in alone]
    assert repr(stack.evaluate(x, y, 9)) == repr(expected)  # repr, because NaN is not NaN
    return stack


# ---- optimizers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_every_optimizer(name, rng):
    """With the arguments that make every term of its rule matter, and a learning rate for each run."""
    cls = RULES[name]
    for options in ({}, *cls.examples):
        stack = hold(lambda i, r, o=options: network(i, cls(0.02 * r, **o)), rng)
        assert isinstance(stack.optimizer, cls if cls.elementwise else stacked_optimizers.EachRun)


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in RULES])
def test_a_rule_that_takes_its_own_networks_hessian_is_not_stacked(name):
    models = [network(i, KNOWN[name]()) for i in range(2)]
    assert obstacle(models[0]) == "its optimizer takes the second derivatives of each network"
    with pytest.raises(ValueError, match="second derivatives of each network"):
        Stack(models)


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", [name for name, cls in RULES.items() if cls.elementwise])
def test_numbers_of_a_rule_may_differ_from_run_to_run(name, rng):
    cls = RULES[name]
    for options in ({}, *cls.examples):
        start = cls(0.02, **options).get_config()
        numbers = [key for key in cls.hyperparameters if isinstance(start[key], float) and key not in cls.alike]
        for key in numbers:
            values = [start[key] * share for share in (1.0, 0.9, 0.8)]
            stack = hold(lambda i, r, o=options, k=key, v=values: network(i, cls(0.02, **o | {k: v[i]})), rng, steps=3)
            assert isinstance(stack.optimizer, cls)


@pytest.mark.quick(7)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
@pytest.mark.parametrize("cls", [optimizers.Adam, optimizers.Muon])
def test_options_of_all_optimizers(options, cls, rng):
    """Of a rule that is applied to all runs at once, and of one that is not; also as numbers that differ."""
    hold(lambda i, r: network(i, cls(0.02 * r, **options)), rng)
    key, value = next(reversed(options.items()))
    if isinstance(value, float):
        hold(lambda i, r: network(i, cls(0.02, **options | {key: value * r})), rng)


@pytest.mark.quick(2)
@pytest.mark.parametrize("cls", sorted({cls for _, cls in schedules.schedules.items()}, key=lambda cls: cls.__name__))
def test_schedules(cls, rng):
    def schedule(rate):
        if cls is schedules.PiecewiseConstantDecay:
            return cls([2, 4], [rate, rate / 2, rate / 4])
        return cls(rate, 4, *([0.5] if "decay_rate" in cls.parameters else []))

    assert isinstance(hold(lambda i, r: network(i, optimizers.Adam(schedule(0.1 * r))), rng).optimizer, optimizers.Adam)


class Mine(optimizers.Adam):
    """A rule of a user's own, which may keep anything: its runs are not made one."""


def test_other_optimizers_take_each_runs_own(rng):
    rules = [optimizers.Adam(0.01), optimizers.LossScaleOptimizer(optimizers.SGD(0.1)), optimizers.SGD(lambda: 0.1)]
    averages = [optimizers.Muon(0.01, use_ema=True, ema_momentum=0.8) for _ in range(RUNS)]
    momenta = [optimizers.SGD(0.1, momentum=m) for m in (0.0, 0.5, 0.9)]
    clipped = [optimizers.SGD(0.1, clipvalue=value) for value in (None, 0.01, 0.02)]
    for own in (rules, averages, momenta, clipped, [Mine(0.1) for _ in range(RUNS)]):
        stack = hold(lambda i, r, o=own: network(i, o[i].unbuilt()), rng)
        assert isinstance(stack.optimizer, stacked_optimizers.EachRun)


# ---- layers, activations, losses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STACKING)
def test_every_layer_that_stacks(name, rng):
    cls, seeded = STACKING[name], issubclass(STACKING[name], Chance)

    def make(i, r):
        own = {"seed": 7 + i} if seeded else {}
        if cls is layers.Dense:
            own = {"kernel_initializer": handnn.initializers.GlorotUniform(seed=50 + i)}
        return network(i, optimizers.Adam(0.02 * r), cls(*ARGUMENTS.get(name, ()), name="middle", **own))

    hold(make, rng)


@pytest.mark.parametrize(
    "options", [{"renorm": True, "renorm_clipping": {"rmax": 1.5, "dmax": 0.5}}, {"trainable": False}]
)
def test_options_of_batch_normalization(options, rng):
    hold(lambda i, r: network(i, "sgd", layers.BatchNormalization(name="b", **options)), rng)


@pytest.mark.quick(6)
@pytest.mark.parametrize("activation", [own for own in activations.cases() if own.can_stack()], ids=repr)
def test_every_activation_that_stacks(activation, rng):
    hold(lambda i, r: network(i, "sgd", layers.Activation(activation, name="f")), rng, steps=3)


@pytest.mark.quick(6)
@pytest.mark.parametrize("name", [name for name, cls in known_losses.items() if cls().can_stack()])
def test_every_loss_that_stacks(name, rng):
    cls = known_losses[name]
    x, y = data(rng, labels=cls.targets == "labels")
    for reduction in ("sum_over_batch_size", "sum"):
        hold(lambda i, r, c=cls, o=reduction: network(i, "sgd", loss=c(reduction=o)), rng, x, y, steps=3)


def test_penalties_constraints_and_metrics(rng):
    rules = {"kernel_regularizer": "l1_l2", "bias_regularizer": "l2", "kernel_constraint": "max_norm"}
    rules["kernel_regularizer"] = handnn.regularizers.OrthogonalRegularizer(0.1)
    hold(lambda i, r: network(i, "sgd", metrics=("mse", "categorical_crossentropy"), **rules), rng)
    hold(lambda i, r: network(i, "sgd", metrics=("accuracy", "mse")), rng, steps=1)


# ---- what must not pass from run to run ---------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"global_clipnorm": 1.0}, {"clipnorm": 1.0}])
def test_a_run_that_diverges_does_not_disturb_the_others(options, rng):
    def make(i, r):
        middle = layers.Dropout(0.2, seed=i, name="d"), layers.Activation("relu", name="f")
        return network(i, optimizers.SGD(r, **options), *middle, top="linear", loss="mse")

    stack = hold(make, rng, steps=9, rates=(0.1, 1e38, 0.2))
    finite = [all(np.isfinite(w).all() for w in model.get_weights()) for model in stack.models]
    assert finite == [True, False, True]


def leaks(a, b, out=None):
    found = right_dot(a, b, out)
    if b.ndim == 3:
        found[1] += found[0] * np.float32(1e-6)
    return found


right_dot = stacking.dot


def one_norm_for_all(values, runs):
    return np.sum(values) if runs is None else np.full(runs, np.sum(values))


def one_mask_for_all(self, shape, kind, dtype):
    drawn = np.empty(shape, dtype)
    drawn[...] = getattr(self.generators[0], kind)(shape[1:])
    return drawn


@pytest.mark.parametrize(
    ("place", "mistake"),
    [
        ("handnn.layers.core.dot", leaks),
        ("handnn.optimizers.clipping.total", one_norm_for_all),
        ("handnn.losses.base.total", one_norm_for_all),
        ("handnn.core.stacking.Generators._drawn", one_mask_for_all),
        ("handnn.core.stacking.PerRun.column", lambda self, ndim, dtype: np.full((1,) * ndim, self.values[0], dtype)),
    ],
    ids=["a gradient leaks", "a norm of all runs", "a loss of all runs", "one mask", "one learning rate"],
)
def test_planted_mistakes_are_noticed(place, mistake, rng, monkeypatch):
    def make(i, r):
        return network(i, optimizers.SGD(0.1 * r, global_clipnorm=0.1), layers.Dropout(0.3, seed=i, name="d"))

    hold(make, rng)
    monkeypatch.setattr(place, mistake)
    with pytest.raises(AssertionError):
        hold(make, rng)


# ---- what cannot be stacked ---------------------------------------------------------------------------------------


class Own(layers.Dense):
    pass


@pytest.mark.parametrize(
    ("middle", "options", "reason"),
    [
        ([Own(5, name="own")], {}, "layer own (Own) takes no leading axis"),
        ([layers.UnitNormalization(name="u")], {}, "layer u (UnitNormalization) takes no leading axis"),
        ([layers.Dense(5, activity_regularizer="l2", name="d")], {}, "layer d (Dense) takes no leading axis"),
        ([layers.Dense(5, dtype="float64", name="d")], {}, "its layers differ in dtype"),
        ([], {"loss": losses.Dice()}, "loss dice takes no leading axis"),
        ([], {"loss": losses.MeanSquaredError(reduction=None)}, "loss mean_squared_error takes no leading axis"),
        ([], {}, ""),
    ],
)
def test_what_cannot_be_stacked_says_why(middle, options, reason):
    model = network(0, "sgd", *middle, **options)
    assert obstacle(model) == reason
    if reason:
        with pytest.raises(ValueError, match="stacked"):
            Stack([model, model])


@pytest.mark.parametrize("several", ["inputs", "outputs"])
def test_a_model_of_several_arrays_is_not_stacked(several):
    x = [handnn.Input((2,)) for _ in range(2 if several == "inputs" else 1)]
    y = [layers.Dense(1)(x[0]) for _ in range(2 if several == "outputs" else 1)]
    model = handnn.Model(x, y)
    model.compile(None, ["mse"] * len(y))
    assert obstacle(model) == "it has several inputs or outputs"


def test_a_model_without_an_optimizer_may_be_evaluated_in_a_stack():
    model = network(0, "sgd")
    model.optimizer = None
    assert obstacle(model) == ""


def test_runs_must_have_one_shape():
    with pytest.raises(ValueError, match="one shape"):
        Stack([network(0, "sgd"), network(1, "sgd", layers.Dense(5))])
    with pytest.raises(ValueError, match="two or more"):
        Stack([network(0, "sgd")])


def test_metrics_of_probabilities_and_metrics_of_one_network_are_stacked(rng):
    """An accuracy that exchanges nothing, and one beside a metric that has no leading axis."""
    for metrics in (["binary_accuracy"], ["binary_accuracy", "Precision"]):
        hold(lambda i, r, m=metrics: network(i, optimizers.SGD(0.1 * r), metrics=m), rng, steps=2)


def test_a_number_of_each_run_is_a_scalar_among_scalars_and_a_column_beside_arrays():
    rates = stacking.PerRun([0.1, 0.2])
    assert (1 - rates).values == (1 - 0.1, 1 - 0.2) and (rates * 2 / rates).values == (2.0, 2.0)
    assert np.sqrt(rates).values == (np.sqrt(0.1), np.sqrt(0.2))
    array = np.ones((2, 3), "float32")
    product = array * rates
    assert product.dtype == np.float32 and np.array_equal(product[1], array[1] * 0.2)
    assert rates > 0
    with pytest.raises(ValueError, match="the same for all runs"):
        bool(rates > 0.15)
