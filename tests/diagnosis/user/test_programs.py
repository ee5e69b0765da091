"""Programs in the styles that people use: each is found, built and called, and what is mapped is proved.

All programs are right. So a derivative that does not agree with a central difference was taken from the wrong place.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handnn.diagnosis.user import Unread, subjects
from handnn.diagnosis.user.protocols import Plain
from handnn.diagnosis.user.call.subject import agreement

PROGRAMS = Path(__file__).with_name("programs")

EXPECTED: dict[str, dict[str, str]] = {
    "char_rnn": {"lossFun": "Wxh Whh Why bh by"},
    "functional": {
        "affine_forward": "x w b",
        "relu_forward": "z",
        "batchnorm_forward": "x gamma beta",
        "conv_forward_naive": "x w b",
        "rnn_step_forward": "x prev_h Wx Wh b",
        "lstm_step_forward": "x prev_h prev_c Wx Wh b",
        "softmax_loss": "y_pred",
    },
    "layers_dense": {
        "LayerDense": "weights biases x",
        "Affine": "self.params[0] self.params[1] x",
        "FCLayer": "weights bias x",
        "Linear": "w b x",
        "WithParameters": "W b x",
        "Columns": "W b x",
        "Vector": "w b x",
        "Lazy": "kernel x",
        "Aliases": "self.inner[0].biases weights self.inner[1].biases W x",
    },
    "layers_images": {
        "Conv2D": "filters bias x",
        "Conv3x3": "filters",
        "MaxPool2": "x",
        "AvgPool2D": "x",
        "Flatten": "x",
        "ChannelsLast": "W b x",
    },
    "layers_other": {
        "LayerNorm": "g b x",
        "BatchNorm1D": "gamma beta x",
        "Embedding": "table",
        "Dropout": "x",
        "Softmax": "x",
        "PReLU": "alpha x",
        "Scale": "w x",
        "Activation": "x",
    },
    "layers_recurrent": {
        "RNN": "self.params[0] self.params[1] self.params[2] x h_prev",
        "GRU": "Wz Wr Wn x",
        "SelfAttention": "q k v x",
        "LSTMCell": "Wf bf Wi bi Wg bg Wo bo x",
    },
    "names_of_derivatives": dict.fromkeys(
        [
            "sigmoid",
            "softplus",
            "swish",
            "elu",
            "leaky",
            "softsign",
            "gaussian",
            "f",
            "logistic",
            "softmax",
            "dtanh",
            "Maths.cube",
            "Swish",
        ],
        "z",
    )
    | dict.fromkeys(("SquaredError", "SoftmaxWithLoss", "bce", "huber_loss"), "y_pred"),
    "nets_classes": {
        "TwoLayerNet": "W1 b1 W2 b2",
        "NetWithLossAndGrads": "W1 b1 W2 b2",
        "Network": "self.biases[0] self.biases[1] self.weights[0] self.weights[1]",
        "NeuralNetwork": "W1 W2",
        "LogisticRegression": "w b",
        "ListsOfSamples": "wih who",
    },
    "nets_global": {"back_propagation": "W1 W2"},
    "nets_in_a_function": {
        "loss_and_grads_separate": "W1 b1 W2 b2",
        "softmax_loss_vectorized": "W",
        "svm_loss_naive": "W",
        "nnCostFunction": "nn_params",
        "gradients_of_dict": "W1 b1 W2 b2",
        "backprop_lists": "weights biases",
        "linear_regression_grad": "w b",
        "train_step": "W1 b1 W2 b2",
    },
    "nets_in_parts": {"relu": "z", "sigmoid": "z", "L_model_forward": "W1 b1 W2 b2"},
    "nets_planar": {"forward_propagation": "W1 b1 W2 b2"},
    "word2vec": {"SkipGram": "W W1"},
    "styles_networks": {
        "logistic": "z",
        "HoldsItsData": "weights1 weights2",
        "ListOfDicts": "self.layers[0]['W'] self.layers[0]['b'] self.layers[1]['W'] self.layers[1]['b']",
        "WithParameterObjects": "first second",
        "propagate": "w b",
        "full_forward_propagation": "W1 b1 W2 b2",
        "OnlineMLP": "w_in w_out",
    },
    "styles_recurrent": {
        "ManyToOne": "Whh Wxh Why bh by",
        "ManyToMany": "U W V",
        "gru_cell_forward": "xt h_prev Wz Wr Wg",
        "rnn_forward": "x h0 Wx Wh b",
        "attend": "query key value",
        "AttentionHead": "Wq Wk Wv x",
    },
    "styles_layers": {
        "ConvLayer": "kernel bias x",
        "MeanPool": "x",
        "SelfUpdating": "weights bias x",
        "Normalizer": "gain shift x",
        "Chain": " ".join(f"self.parts[{i}].params['{name}']" for i in (0, 1) for name in "Wb") + " x",
        "SelfKept": "W b x",
        "conv_volume_forward": "A_prev W b",
    },
}
SLIPS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("styles_networks", "logistic"): ("return s * (1.0 - s)", "return s * (1.0 - s**2)", "z"),
    ("styles_networks", "HoldsItsData"): (
        "self.weights2.T) * logistic_slope(self.layer1)",
        "self.weights2.T)",
        "weights1",
    ),
    ("styles_networks", "ListOfDicts"): (
        'dA * layer["A_in"] * (1',
        'dA * layer["A_out"][0] * (1',
        "self.layers[0]['W']",
    ),
    ("styles_networks", "WithParameterObjects"): ("back[hidden <= 0] = 0", "back[back <= 0] = 0", "first"),
    ("styles_networks", "propagate"): ("db = 1 / m * np.sum", "db = np.sum", "b"),
    ("styles_networks", "full_forward_propagation"): ("(1 - np.tanh(Z) ** 2)", "(1 - Z ** 2)", "W1"),
    ("styles_networks", "OnlineMLP"): ("(1 - self.hid**2)", "(1 - self.hid)", "w_in"),
    ("styles_recurrent", "ManyToOne"): ("if False else self.Whh.T @ temp", "", "Wxh"),
    ("styles_recurrent", "ManyToMany"): ("ds = self.V.T @ delta_o + ds_next", "ds = self.V.T @ delta_o", "U"),
    ("styles_recurrent", "gru_cell_forward"): ("dr = dreset[:n] * h_prev", "dr = dreset[:n]", "Wr"),
    ("styles_recurrent", "rnn_forward"): ("da = (dh[:, t] + d_prev)", "da = dh[:, t]", "Wx"),
    ("styles_recurrent", "attend"): ("d_weights - np.sum(d_weights * weights", "d_weights - np.sum(d_weights", "query"),
    ("styles_recurrent", "AttentionHead"): ("dk, dv = attend_backward", "dv, dk = attend_backward", "Wv"),
    ("styles_layers", "ConvLayer"): ("self.dbias = flat.sum", "self.dbias = flat.mean", "bias"),
    ("styles_layers", "MeanPool"): ("return spread / (p * q)", "return spread / p", "x"),
    ("styles_layers", "SelfUpdating"): (
        "input_gradient = np.dot(self.weights.T, output_gradient)",
        "input_gradient = np.dot(self.weights.T, output_gradient) / 2",
        "x",
    ),
    ("styles_layers", "Normalizer"): ("self.hat * (g * self.hat).mean(axis=0)", "self.hat * g.mean(axis=0)", "x"),
    ("styles_layers", "SelfKept"): ("np.sum(d, axis=0)", "np.sum(grad, axis=0)", "b"),
    ("styles_layers", "conv_volume_forward"): (
        "dA_prev[i, rows, cols, :] += W",
        "dA_prev[i, rows, cols, :] = W",
        "A_prev",
    ),
}
"""One slip in each of some programs, and a derivative that is wrong then."""
SLOW = {"char_rnn", "nets_planar", "nets_classes", "nets_in_a_function", "layers_other"}
SLOW |= {"ManyToMany", "full_forward_propagation", "WithParameterObjects", "ListOfDicts"}
"""Programs, and slips by name, that take longest; others have their style."""
AVERAGED = {"linear_forward", "linear_activation_forward"}
"""Layers whose dW and db are means over the samples, as in a well-known course: judged as parts of their network."""


def cases(entries: Any, at: int | None = None) -> list[Any]:
    """Parameters of a test, slow where their program, or what stands `at` a place, is."""
    given = [entry if isinstance(entry, tuple) else (entry,) for entry in entries]
    return [pytest.param(*one, marks=pytest.mark.slow if one[at or 0] in SLOW else ()) for one in given]


@pytest.fixture(scope="module")
def read() -> Any:
    """What was found in a program, read once."""
    kept: dict[str, dict[str, Any]] = {}

    def of(program: str) -> dict[str, Any]:
        if program not in kept:
            kept[program] = {found.name: found for found in subjects(PROGRAMS / f"{program}.py")}
        return kept[program]

    return of


@pytest.mark.quick(2)
@pytest.mark.parametrize("program", cases(EXPECTED))
def test_everything_is_found_and_nothing_else(program: str, read: Any) -> None:
    unread = {name: found.kind for name, found in read(program).items() if isinstance(found, Unread)}
    parts = {name for name, kind in unread.items() if kind == "helper"}
    assert parts == (AVERAGED if program == "nets_in_parts" else set())
    assert set(unread) - parts == ({"mystery_derivative"} if program == "names_of_derivatives" else set())
    assert set(read(program)) - set(unread) == set(EXPECTED[program])


@pytest.mark.parametrize(("program", "name"), cases((p, n) for p, names in EXPECTED.items() for n in names))
@pytest.mark.quick(2)
def test_weights_and_gradients_are_mapped(program: str, name: str, read: Any) -> None:
    subject = read(program)[name]
    assert set(subject.claimed) == set(EXPECTED[program][name].split())
    assert subject.unchecked == []
    assert agreement(subject)[0] == set(subject.claimed), "a derivative was taken from the wrong place"


@pytest.mark.parametrize(("program", "name"), cases((p, n) for p, names in EXPECTED.items() for n in names))
@pytest.mark.quick(2)
def test_runs_repeat_and_leave_no_trace(program: str, name: str, read: Any) -> None:
    subject = read(program)[name]
    leaves = {n: np.copy(v) for n, v in subject.leaves.items()}
    one, two = subject.run(Plain()), subject.run(Plain())
    assert one[0] == two[0]
    assert all(np.array_equal(one[1][n], two[1][n]) for n in subject.claimed)
    assert all(np.array_equal(leaves[n], v) for n, v in subject.leaves.items())
    assert one[0] == subject.run(Plain(), backward=False)[0]


@pytest.mark.quick(2)
@pytest.mark.parametrize("program", cases(EXPECTED))
def test_draws_are_other_data_and_other_sizes(program: str, read: Any) -> None:
    for name in EXPECTED[program]:
        subject = read(program)[name]
        draws = list(subject.draws())
        assert len(draws) >= 3, name
        assert len({draw.run(Plain(), backward=False)[0] for draw in draws}) == len(draws), name
        for draw in draws[:2]:
            assert set(draw.claimed) == set(subject.claimed)
            assert agreement(draw)[0] == set(draw.claimed), name


@pytest.mark.quick(2)
@pytest.mark.parametrize(("program", "name"), cases(SLIPS, at=1))
def test_a_slip_is_not_read_away(program: str, name: str, tmp_path: Path) -> None:
    right, wrong, leaf = SLIPS[program, name]
    text = (PROGRAMS / f"{program}.py").read_text()
    assert text.count(right) == 1
    (tmp_path / "windows.py").write_text((PROGRAMS / "windows.py").read_text())
    (tmp_path / f"{program}.py").write_text(text.replace(right, wrong))
    [subject] = [found for found in subjects(tmp_path / f"{program}.py", only=name) if found.name == name]
    assert not isinstance(subject, Unread)
    assert leaf in subject.claimed
    assert leaf not in agreement(subject)[0]


def test_what_was_found_is_said(read: Any) -> None:
    assert "derivatives of w, b in self.grads" in read("layers_dense")["Linear"].found
    assert "of weights, bias in the step that it takes" in read("layers_dense")["FCLayer"].found
    assert "samples in columns" in read("nets_in_parts")["L_model_forward"].found


@pytest.mark.slow
def test_a_loss_that_was_found_is_said(read: Any) -> None:
    assert "no loss is returned: mse, summed and halved" in read("nets_classes")["Network"].found
