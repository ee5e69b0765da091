"""Plans: what is the same in which cells, labels of optimizers, grids of rates."""

import json
import re
from dataclasses import fields, replace

import numpy as np
import pytest

from handnn.compare import Cell, Plan
from handnn.specs import optimizer as optimizer_spec
from handnn.specs import own_optimizer
from handnn.compare import plan as planning
from handnn.optimizers import SGD, optimizers

LABELS = ["sgd", "adam", "adam(beta_1=0.8)", "adam(beta_1=0.9)", "adam(beta_2=0.8)", "sgd(momentum=0.9, nesterov=True)"]


def test_within_a_seed_all_start_from_the_same_weights_and_see_the_same_batches(plan):
    p = plan(*optimizer_spec.NAMES, seeds=(3, 4))
    starts, orders = {}, {}
    for cell in p.cells():
        weights = [w.tobytes() for w in p.model(cell).get_weights()]
        assert starts.setdefault(cell.seed, weights) == weights
        drawn = [order.tobytes() for order in p.orders(cell)]
        assert orders.setdefault(cell.seed, drawn) == drawn
        assert len(set(drawn)) == p.epochs
    assert starts[3] != starts[4] and orders[3] != orders[4]


def test_no_two_layers_start_alike(plan):
    p = plan(layers=(2, 2, 2, 2))
    kernels = [w.tobytes() for w in p.model(p.cells()[0]).get_weights() if w.ndim == 2]
    assert len(set(kernels)) == len(kernels)


def test_the_model_of_a_cell_leaves_the_session_as_it_was(plan):
    from handnn import utils

    utils.set_random_seed(1)
    expected = utils.new_seed()
    utils.set_random_seed(1)
    plan().model(plan().cells()[0])
    assert utils.new_seed() == expected


def test_every_optimizer_has_as_many_cells(plan):
    p = plan(*optimizer_spec.NAMES)
    counts = {label: sum(cell.optimizer == label for cell in p.cells()) for label in p.optimizers}
    assert set(counts.values()) == {2 * 2}


def test_keys_are_names_of_files_and_all_different():
    names, rates = [*LABELS, "adam beta_1=0.8"], (1e-3, 1.0001e-3, 0.316, 10.0)
    cells = [Cell(label, rate, seed) for label in names for rate in rates for seed in (0, 11)]
    keys = [cell.key for cell in cells]
    assert len(set(keys)) == len(cells)
    assert all(re.fullmatch(r"[\w.=+-]+", key) for key in keys)
    assert Cell("adam", 0.001, 0).key == "adam_lr1e-03_seed0"
    assert Cell("adam", 0.0316, 0).key == "adam_lr3.16e-02_seed0"


def test_a_plan_survives_json(plan):
    p = plan(*LABELS)
    back = Plan.from_dict(json.loads(json.dumps(p.to_dict())))
    assert back == p and back.fingerprint == p.fingerprint and hash(back) == hash(p)


def test_a_plan_leaves_out_what_is_usual(plan):
    assert not set(planning.OPTIONAL) & set(plan().to_dict())
    own = replace(plan(), **{name: OTHER[name] for name in planning.OPTIONAL})
    assert set(planning.OPTIONAL) <= set(own.to_dict()) and Plan.from_dict(own.to_dict()) == own


@pytest.mark.parametrize(("given", "told"), [({"data": "xor", "a": 1}, "a, data"), (3, "3"), (["a"], "['a']")])
def test_what_a_plan_lacks_is_said(given, told):
    with pytest.raises(ValueError, match=rf"a plan must have activation, .*; received {re.escape(told)}$"):
        Plan.from_dict(given)


def test_the_file_of_an_optimizer_of_ones_own_must_be_as_it_was(plan, tmp_path):
    file = tmp_path / "rules.py"
    file.write_text("first")
    own = replace(plan(), rules={"mine": (str(file), own_optimizer.digest(str(file)))})
    assert own.rule_file("mine") == str(file) and own.rule_file("sgd") is None
    file.write_text("second")
    with pytest.raises(ValueError, match="has changed since the comparison was planned"):
        own.rule_file("mine")


OTHER = {
    "data": "xor", "layers": (2, 7, 2), "activation": "relu", "output": "linear", "loss": "mean_squared_error",
    "dtype": "float64", "optimizers": ("adam", "sgd"), "rates": {"sgd": (0.1,), "adam": (0.1,)}, "seeds": (1, 0),
    "epochs": 3, "batch_size": 127, "target": 0.25, "split_seed": 1, "digest": "0", "version": "0",
    "rules": {"my_rules.py:MySGD": ("/my_rules.py", "0123")},
    "model_name": "lenet", "model_digest": "0", "search": "sobol", "defaults": {"sgd": 0.01}, "extend": 1,
    "options": {"sgd": ({}, {}), "adam": ({}, {"beta_1": 0.8})},
}  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(Plan)])
def test_whatever_is_changed_the_fingerprint_is_another(plan, name):
    assert replace(plan(), **{name: OTHER[name]}).fingerprint != plan().fingerprint


def test_other_data_than_planned_are_refused(plan):
    p = plan()
    known = planning.digest(planning.dataset(p.data, p.split_seed, p.dtype))
    assert len(planning.samples(replace(p, digest=known)).train.x) == 600
    with pytest.raises(ValueError, match="have changed since the comparison was planned"):
        planning.samples(replace(p, digest=known[::-1]))


@pytest.mark.parametrize(
    ("changes", "accuracy", "columns"),
    [
        ({}, "CategoricalAccuracy", (2,)),
        ({"loss": "sparse_categorical_crossentropy"}, "SparseCategoricalAccuracy", ()),
        ({"layers": (2, 6, 1), "output": "sigmoid", "loss": "binary_crossentropy"}, "BinaryAccuracy", ()),
    ],
    ids=["one-hot", "labels", "one output"],
)
def test_samples_are_as_the_loss_wants_them(plan, changes, accuracy, columns):
    found = planning.samples(plan(**changes))
    assert found.accuracy == accuracy
    assert [len(part.x) for part in found[:3]] == [600, 200, 200]
    assert all(part.y.shape == (len(part.x), *columns) for part in found[:3])
    source = planning.dataset(plan().data, plan().split_seed, plan().dtype)
    for part, name in zip(found[:3], ("train", "validation", "test"), strict=True):
        y = part.y.argmax(axis=1) if columns else part.y
        assert np.array_equal(part.x, getattr(source, f"x_{name}")) and np.array_equal(y, getattr(source, f"y_{name}"))


# ---- networks that a name or a file gives ----------------------------------------------------------------------------


def test_a_named_network_starts_from_its_seed_alone(plan):
    p = plan(data="digits", layers=(64, 10), model_name="lenet")
    starts = {}
    for cell in p.cells():
        weights = [w.tobytes() for w in p.model(cell).get_weights()]
        assert starts.setdefault(cell.seed, weights) == weights
    assert starts[0][0] != starts[1][0]


@pytest.fixture
def of_file(plan, tmp_path):
    """A plan of a network that a file builds, and the file."""
    file = tmp_path / "net.py"
    file.write_text(
        "import handnn\nlayers = [handnn.layers.Flatten(), handnn.layers.Dense(10, 'softmax')]\n"
        "model = handnn.Sequential([handnn.Input((8, 8)), *layers])\n"
    )
    return plan(
        "sophiah", data="digits", layers=(64, 10), model_name=str(file), model_digest=planning.file_digest(str(file))
    ), file


def test_samples_have_the_shape_that_the_network_of_a_file_takes(of_file):
    p, _ = of_file
    found, source = planning.samples(p), planning.dataset(p.data, p.split_seed, p.dtype)
    for part, x in zip(found[:3], (source.x_train, source.x_validation, source.x_test), strict=True):
        assert part.x.shape[1:] == (8, 8) and np.array_equal(part.x.reshape(len(x), 64), x)


def test_the_file_of_a_network_must_be_as_it_was(of_file):
    p, file = of_file
    assert planning.network(p, 0).output_shape == (None, 10)
    file.write_text(file.read_text() + "# changed\n")
    with pytest.raises(ValueError, match=r"net.py has changed since the comparison was planned"):
        planning.network(p, 0)


def test_a_network_without_hessian_products_is_refused_before_anything_is_trained(of_file):
    with pytest.raises(ValueError, match="needs Hessian products"):
        planning.with_target(of_file[0], 0.5)


# ---- the target -------------------------------------------------------------------------------------------------


def test_the_target_depends_on_seeds_and_network_but_on_no_optimizer(plan):
    one, other = (planning.with_target(plan(*names)).target for names in (("sgd", "adam"), ("lion", "ftrl")))
    assert one == other
    p = plan()
    starts = [p.model(cell).evaluate(*planning.samples(p).validation, return_dict=True)["loss"]
              for cell in p.cells() if cell.learning_rate == 0.0316]  # fmt: skip
    assert one == optimizer_spec.rounded(planning.TARGET_SHARE * np.median(starts))
    assert planning.with_target(plan(), 0.125).target == 0.125
    with pytest.raises(ValueError, match="--target must be given"):
        planning.with_target(plan(loss="cosine_similarity"))


# ---- labels -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", optimizer_spec.NAMES)
def test_every_optimizer_has_a_usual_rate(name):
    assert optimizer_spec.usual_rate(name) == optimizer_spec.half_decade(optimizer_spec.usual_rate(name))
    assert optimizer_spec.make(name, 0.125).learning_rate == 0.125


@pytest.mark.parametrize(("name", "cls"), optimizers.items())
def test_every_spelling_of_keras_is_known(name, cls):
    from handnn.core.naming import snake_case

    assert {
        optimizer_spec.canonical(text) for text in (name, cls.__name__, snake_case(cls.__name__), f" {name}( ) ")
    } == {name}


def test_options_are_read():
    assert optimizer_spec.canonical("Adam( beta_1=0.80,amsgrad = True )") == "adam(beta_1=0.8, amsgrad=True)"
    made = optimizer_spec.make("adam(beta_1=0.75, amsgrad=True)", 0.5)
    assert (made.beta_1, made.amsgrad, made.learning_rate) == (0.75, True, 0.5)
    momentum, nesterov = optimizer_spec.make("momentum", 0.5), optimizer_spec.make("nesterov(momentum=0.5)", 0.5)
    assert isinstance(momentum, SGD) and (momentum.momentum, momentum.nesterov) == (0.9, False)
    assert (nesterov.momentum, nesterov.nesterov) == (0.5, True)


def test_a_list_is_split_outside_brackets():
    assert optimizer_spec.split("sgd, adam(beta_1=0.8,beta_2=0.9) ,lion") == [
        "sgd",
        "adam(beta_1=0.8, beta_2=0.9)",
        "lion",
    ]
    assert optimizer_spec.split("all") == list(optimizer_spec.NAMES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("adm", "unknown optimizer 'adm'; did you mean 'adam'"),
        ("schedule_fre_adamw", "'schedulefreeadamw'"),
        ("adam(beta=0.8)", "adam(beta=0.8): got an unexpected keyword argument 'beta'"),
        ("adam(beta_1=2)", "beta_1 must be a number in [0, 1]; received 2"),
        ("adam(beta_1=x)", "must be numbers, True, False or None"),
        ("adam(0.8)", "must read like adam or adam(beta_1=0.8)"),
        ("adam(**{})", "must read like"),
        ("adam(beta_1=0.8", "must read like"),
        ("", "must read like"),
        ("adam(learning_rate=0)", "learning_rate must be a number > 0"),
        ("adam(learning_rate='fast')", "learning_rate must be a finite number"),
        ("sgd,adam,Adam()", "received adam 2 times"),
    ],
)
def test_what_is_no_label_is_said_in_one_line(text, words):
    with pytest.raises(ValueError, match=re.escape(words)) as told:
        optimizer_spec.split(text)
    assert "\n" not in str(told.value)


def test_grids_are_logarithmic_around_the_middle():
    assert optimizer_spec.grid(0.01, 5, 0.5) == (0.001, 0.00316, 0.01, 0.0316, 0.1)
    assert optimizer_spec.grid(0.0316, 5, 0.5) == (0.00316, 0.01, 0.0316, 0.1, 0.316)
    assert optimizer_spec.grid(0.316, 3, 0.5) == (0.1, 0.316, 1.0)
    assert optimizer_spec.grid(0.01, 2, 1.0) == (0.001, 0.01)
    assert optimizer_spec.grid(optimizer_spec.usual_rate("adam(learning_rate=0.02)"), 3, 1.0) == (0.002, 0.02, 0.2)


def test_more_momentum_has_smaller_rates():
    names = ["sgd", "sgd(momentum=0.9)", "momentum", "nesterov(momentum=0.99)", "sgd(momentum=1.0)"]
    assert [optimizer_spec.usual_rate(name) for name in names] == [0.316, 0.0316, 0.0316, 0.00316, 0.000316]
