"""Networks as other people would write them: right ones in every convention, wrong ones by their names."""

import functools

import numpy as np
import pytest

from handnn.diagnosis.network.check import check_network
from handnn.diagnosis.score import bank_trials as entries, measure as score, network_trials as tries
from handnn.diagnosis.score.synthetic_code import CONTAINERS, Convention, written
from handnn.diagnosis.bank import mistakes
from handnn.diagnosis.network.layout import CHOICES
from handnn.diagnosis.network.problem import draw, parse
from handnn.diagnosis.network.replay import Planted, Result, replay
from handnn.diagnosis.network.expected import Judge
from handnn.diagnosis.network.search import Search

TEXT = "4-5-5-3 tanh sigmoid softmax categorical_crossentropy"
NETWORKS = (
    "4-5-5-5-3 tanh sigmoid relu softmax categorical_crossentropy",
    "4-5-5-3 softmax tanh linear mean_squared_error",
    "6-6-2 sigmoid sigmoid binary_crossentropy",
    "5-4-4-3 relu tanh softmax sparse_categorical_crossentropy",
)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def right(parameters, x, y):
    W1, b1, W2, b2 = parameters
    a1 = np.tanh(x @ W1 + b1)
    p = softmax(a1 @ W2 + b2)
    delta2 = (p - y) / len(x)
    delta1 = delta2 @ W2.T * (1 - a1**2)
    return -(y * np.log(p)).sum() / len(x), [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]


SHORT = "4-5-3 tanh softmax categorical_crossentropy"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_right_one_is_a_match(dtype):
    verdict = check_network(right, SHORT, dtype=dtype)
    assert verdict.verdict == "match" and verdict.ok, verdict


def test_what_is_not_derived_yet_is_called_so():
    """The file of `handnn check --new` before it is filled in: delta2 is right, and is not blamed."""

    def begun(parameters, x, y):
        loss, gradients = right(parameters, x, y)
        return loss, [np.zeros_like(gradient) for gradient in gradients]

    verdict = check_network(begun, SHORT)
    assert verdict.where == "layer 2 dW" and "dW and db are zero everywhere: not derived yet?" in verdict.summary


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    ("name", "value"), [(n, v) for n, values in CHOICES.items() for v in values if (n, v) != ("labels", "integers")]
)
def test_each_convention_is_found_out(name, value):
    options = {name: value} | ({"kernel": "units_inputs"} if (name, value) == ("samples", "columns") else {})
    function = written(parse(SHORT), Convention(**options))
    assert check_network(function, SHORT).ok
    assert check_network(function, SHORT, **options).ok  # declared


@pytest.mark.parametrize("container", CONTAINERS)
def test_each_container_is_read(container):
    assert check_network(written(parse(SHORT), container=container), SHORT).verdict == "match"
    assert check_network(written(parse(SHORT), container=container, with_loss=False), SHORT).verdict == "match"


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (lambda n, k: n, "summed over the samples"),
        (lambda n, k: 0.5, "1/2 in front"),
        (lambda n, k: n / 2, "summed over the samples"),
        (lambda n, k: k, "summed over the outputs"),
        (lambda n, k: n * k / 2, "summed over the outputs"),
    ],
)
def test_another_scale_of_the_loss_is_another_convention(factor, said):
    text = "4-5-3 tanh linear mean_squared_error"
    verdict = check_network(written(parse(text), factor=factor), text)
    assert verdict.verdict == "other convention"
    assert any(said in words for words in verdict.convention), verdict


@functools.cache
def planted(text):
    """One plant of each mistake that makes a difference in this network."""
    search = Search([Judge(draw(parse(text)))])
    return {plant.mistake.name: plant for plant in reversed(search.candidates)}, search


@pytest.mark.quick(1)
@pytest.mark.parametrize("text", NETWORKS)
def test_every_mistake_is_named_at_its_layer_and_tensor(text, quick):
    """Every day every eighth mistake, in the first network in which it makes a difference."""
    network, (plants, search) = parse(text), planted(text)
    before = {name for earlier in NETWORKS[: NETWORKS.index(text)] for name in planted(earlier)[0]} if quick else ()
    today = [name for name in plants if name not in before]
    for name in today[::8] if quick else today:
        plant = plants[name]
        verdict = check_network(written(network, plants=(plant,)), network)
        assert verdict.verdict == "wrong", f"{name}: {verdict}"
        assert tries.acceptable(verdict, (plant,)), f"{name}: {verdict}"
        if name != "bias subtracted":  # which may be a threshold, and then the sign of db is wrong
            same = tries.twins(plant, search)
            assert verdict.where in {tries.place(twin, search.judges[0]) for twin in same}, f"{name}: {verdict}"
        assert verdict.wrong_line and verdict.right_line and verdict.summary
        assert max(map(len, str(verdict).split("\n")[1:])) <= 80, verdict


def test_every_mistake_of_the_bank_is_planted_somewhere():
    found = {name for text in NETWORKS for name in planted(text)[0]}
    penalized = Search([Judge(draw(parse(SHORT, l2=0.1)))])
    found |= {plant.mistake.name for plant in penalized.candidates}
    assert found == set(mistakes)


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    "name", ["tanh' = 1 - a", "W for W.T", "db averaged", "dW transposed", "gradient not divided by N"]
)
def test_without_its_entry_a_mistake_is_unknown(name):
    plants, _ = planted(TEXT)
    function = written(parse(TEXT), plants=(plants[name],))
    verdict = check_network(function, TEXT, without=(name,))
    assert verdict.unknown and verdict.pattern, verdict


def test_a_pair_is_named():
    plants, _ = planted(TEXT)
    pair = plants["tanh' = 1 - a"], plants["db averaged"]
    verdict = check_network(written(parse(TEXT), plants=pair), TEXT)
    assert sorted(verdict.mistakes) == ["db averaged", "tanh' = 1 - a"], verdict


def test_l2_in_the_gradient():
    def with_l2(parameters, x, y, factor=2.0):
        loss, gradients = right(parameters, x, y)
        W1, _, W2, _ = parameters
        penalty = 0.1 * ((W1**2).sum() + (W2**2).sum())
        return loss + penalty, [
            gradients[0] + factor * 0.1 * W1,
            gradients[1],
            gradients[2] + factor * 0.1 * W2,
            gradients[3],
        ]

    assert check_network(with_l2, SHORT, l2=0.1).verdict == "match"
    verdict = check_network(lambda p, x, y: with_l2(p, x, y, 1.0), SHORT, l2=0.1)
    assert verdict.mistakes == ["l2 halved in the gradient"], verdict


class Stateful:
    """Gradients accumulate across calls."""

    def __init__(self):
        self.total = 0

    def __call__(self, parameters, x, y):
        loss, gradients = right(parameters, x, y)
        self.total = self.total + gradients[0]
        return loss, [self.total, *gradients[1:]]


def in_place(parameters, x, y):
    x -= x.mean()
    return right(parameters, x, y)


def returns_nan(parameters, x, y):
    loss, gradients = right(parameters, x, y)
    return loss, [gradients[0] * np.nan, *gradients[1:]]


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda p, x, y: None, "returns None"),
        (lambda p, x, y: 1 / 0, "ZeroDivisionError"),
        (lambda p, x, y: right(p, x, y)[0], "no gradient was found for W1, b1, W2, b2"),
        (lambda p, x, y: (1.0, right(p, x, y)[1][:2]), "no gradient was found for W2, b2"),
        (lambda p, x, y: (1.0, ["a", "b", "c", "d"]), "no gradient was found for W1"),
        (lambda p, x, y: (1.0, [None] * 4), "no gradient was found for W1"),
        (lambda p, x, y: {"loss": 1.0, "W1": x}, "no gradient was found for b1, W2, b2"),
        (returns_nan, "NaN"),
        (in_place, "changes its argument x in place"),
        (Stateful(), "keeps state between calls"),
    ],
)
def test_what_cannot_be_compared_is_broken(function, said):
    verdict = check_network(function, SHORT)
    assert verdict.verdict == "broken" and said in verdict.summary, verdict


def test_printing_is_noted_and_kept_apart(capsys):
    verdict = check_network(lambda p, x, y: (print("hello"), right(p, x, y))[1], SHORT)
    assert verdict.ok and "hello" in verdict.notes[0]
    assert capsys.readouterr().out == ""


def test_an_object_with_a_loss_method():
    class TwoLayers:
        def __init__(self):
            self.params = {"W1": np.zeros((4, 5)), "b1": np.zeros(5), "W2": np.zeros((5, 3)), "b2": np.zeros(3)}

        def loss(self, X, y):
            loss, (dW1, db1, dW2, db2) = right(list(self.params.values()), X, y)
            return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    assert check_network(TwoLayers(), SHORT).verdict == "match"


def by_keys(params, x, y):
    first, second = (params["kernel_1"], params["bias_1"]), (params["kernel_2"], params["bias_2"])
    loss, gradients = right([*first, *second], x, y)
    return loss, dict(
        zip(("bias_1", "bias_2", "kernel_1", "kernel_2"), (gradients[i] for i in (1, 3, 0, 2)), strict=True)
    )


def without_a_bias(parameters, x, y):
    W1, b1, W2, b2 = parameters
    return right([W1, 0 * b1, W2, b2], x, y)


def test_weights_under_names_of_their_own():
    """Also where one of them changes nothing."""
    assert check_network(by_keys, SHORT).verdict == "match"
    assert check_network(without_a_bias, SHORT).mistakes == ["bias forgotten"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must begin with its widths"),
        ("4", "such as 4-5-3"),
        ("a-b tanh mse", "such as 4-5-3"),
        ("4-5-3 mse", "after the widths"),
        ("4-3 sofmax mse", "'softmax'"),
        ("4-3 softmax msee", "'mse'"),
        ("4-0-3 tanh softmax mse", "integers >= 1"),
    ],
)
def test_a_layer_string_that_cannot_be_read(text, said):
    with pytest.raises(ValueError, match=said):
        check_network(right, text)


def test_an_unknown_convention():
    with pytest.raises(TypeError, match="unknown convention 'sample'"):
        check_network(right, SHORT, sample="rows")
    with pytest.raises(ValueError, match="samples must be one of rows, columns"):
        check_network(right, SHORT, samples="lines")


@pytest.mark.slow
def test_the_score_is_measured(capsys):
    assert score.main(["--tries", "1", "--seed", "5", "--banks", "network"]) == 0
    printed = capsys.readouterr()
    assert "| network: mistakes detected | 1 | 1.0000 | 0.995 | met |" in printed.out
    assert "measuring" in printed.err


@pytest.mark.slow
def test_the_score_does_not_depend_on_the_processes():
    one, two = (score.measure(2, 5, jobs, ["network"], quiet=True) for jobs in (1, 2))
    assert {kind: vars(own) for kind, own in one.items()} == {kind: vars(own) for kind, own in two.items()}


CASES = [
    ("activation", "tanh", "float32", "tanh' = 1 - a"),
    ("activation", "softmax", "float32", "derivative of tanh"),
    ("loss", "huber", {"delta": 0.6}, "float64", "Huber: 2 e for e"),
    ("optimizer", "adam", {}, "float32", "no bias correction"),
    ("optimizer", "adamw", {}, "float64", "t counted from 0"),
]


@pytest.mark.quick(1)
@pytest.mark.parametrize("case", CASES, ids=[case[-1] for case in CASES])
def test_the_other_banks_are_measured(case):
    seen = entries.one_case(*case)
    assert [one.kind for one in seen] == [f"{case[0]} single", f"{case[0]} unknown"]
    assert all(all(one.true.values()) for one in seen), seen
    assert entries.one_case(*case[:-1], "")[0].true == {"right": True}


def test_a_missed_criterion_is_told():
    scores = {"single": score.Score()}
    scores["single"].see(tries.Seen("single", "", {"detected": True, "located": True, "named": False}))
    assert not score.met(scores) and "by the right name | 1 | 0.0000 | 0.95 | **not met**" in score.table(scores)


def test_a_replay_without_mistakes_is_the_models_own():
    import handnn

    problem = draw(parse(SHORT))
    layers = [handnn.layers.Dense(5, "tanh", dtype="float64"), handnn.layers.Dense(3, "softmax", dtype="float64")]
    model = handnn.Sequential([handnn.Input((4,), dtype="float64"), *layers])
    model.compile("sgd", "categorical_crossentropy")
    model.set_weights([array for pair in zip(problem.kernels, problem.biases, strict=True) for array in pair])
    loss, gradients = model.loss_and_gradients(problem.x, problem.y)
    result = replay(problem)
    own = [array for pair in zip(result.kernels, result.biases, strict=True) for array in pair]
    assert not Judge(problem).wrong(Result(loss, gradients[::2], gradients[1::2]))
    assert len(own) == len(gradients)
    assert str(Planted(mistakes["dW doubled"], 0)) == "dW doubled in layer 1"


def with_relu_outputs(parameters, x, y, slope=True):
    W1, b1, W2, b2 = parameters
    a = np.tanh(x @ W1 + b1)
    z = a @ W2 + b2
    error = np.maximum(z, 0) - y
    delta2 = 2 * error / error.size * (z > 0 if slope else 1)
    delta1 = delta2 @ W2.T * (1 - a**2)
    return (error**2).mean(), [x.T @ delta1, delta1.sum(axis=0), a.T @ delta2, delta2.sum(axis=0)]


@pytest.mark.quick(1)
@pytest.mark.parametrize("widths", [(i, j, k) for i in (1, 2, 4) for j in (1, 3, 4) for k in (1, 2)])
def test_no_draw_hides_the_slope_of_an_output_relu(widths):
    """With some draws every z of the output was positive, so that a forgotten slope changed nothing."""
    text = f"{'-'.join(map(str, widths))} tanh relu mean_squared_error"
    assert check_network(with_relu_outputs, text).ok
    verdict = check_network(lambda p, x, y: with_relu_outputs(p, x, y, False), text)
    assert verdict.mistakes == ["f' left out"], verdict
