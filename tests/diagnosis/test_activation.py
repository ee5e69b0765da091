"""`check_activation`: right code in any clothing is right, each mistake is named, naive forms are unstable."""

import math

import numpy as np
import pytest

from handnn import activations as f
from handnn.diagnosis import check_activation
from handnn.diagnosis.activation.search import find
from handnn.diagnosis.bank import activation_mistakes, mistakes
from handnn.diagnosis.bank.contexts import ActivationContext as Spot
from handnn.diagnosis.high_precision import extended
from handnn.diagnosis.reference import Reference
from handnn.diagnosis.activation import points

ENTRIES = list(getattr(f, "cases", lambda: (entry for _, entry in f.activations.items()))())
DTYPES = ("float32", "float64")
BY_ROWS = [entry for entry in ENTRIES if getattr(entry, "axis", -1) == -1]


def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---- right -----------------------------------------------------------------------------------------------------------


@pytest.mark.quick(15)
@pytest.mark.parametrize("entry", BY_ROWS, ids=repr)
def test_own_formula_in_a_users_clothing_is_a_match(entry, dtype):
    def forward(z):
        return entry.forward(z)

    forms = [lambda upstream, z, a: entry.backward(upstream, z, a), lambda z, up: entry.backward(up, z, forward(z))]
    if entry.elementwise:
        forms.append(lambda z: entry.backward(np.ones_like(z), z, forward(z)))
    for backward in forms:
        verdict = check_activation(forward, backward, entry, dtype=dtype)
        assert verdict.verdict == "match", str(verdict)


@pytest.mark.quick(8)
@pytest.mark.parametrize("entry", [e for e in BY_ROWS if e.name not in ("celu", "relu")], ids=repr)
def test_a_function_is_the_judge_of_its_own_derivative(entry, dtype):
    """TensorFlow's slopes of celu at 0, and of relu with arguments at its kinks, do not lie between both sides."""
    verdict = check_activation(lambda z: entry.forward(z), lambda u, z, a: entry.backward(u, z, a), dtype=dtype)
    assert verdict.verdict == "match", str(verdict)


def test_relu_judges_itself(dtype):
    assert check_activation(lambda z: np.maximum(z, 0), lambda z: z > 0, dtype=dtype).verdict == "match"


def test_in_terms_of_the_output(dtype):
    verdict = check_activation(sigmoid, lambda x: x * (1 - x), "sigmoid", dtype=dtype)
    assert verdict.verdict == "other convention"
    assert verdict.convention == ["the derivative is written in terms of the output a"]


def test_a_parameter_called_z_is_z(dtype):
    verdict = check_activation(sigmoid, lambda z: z * (1 - z), "sigmoid", dtype=dtype)
    assert verdict.mistakes == ["sigmoid' = z (1 - z)"]


def test_another_choice_at_a_kink(dtype):
    verdict = check_activation(lambda z: np.maximum(z, 0), lambda u, z: u * (z >= 0), "relu", dtype=dtype)
    assert verdict.convention == ["at z = 0 the derivative is 1, TensorFlow's 0"]
    wrong = check_activation(
        lambda z: np.maximum(z, 0), lambda u, z: u * np.where(z == 0, 3, z > 0), "relu", dtype=dtype
    )
    assert wrong.verdict == "wrong"


def test_the_full_jacobian_of_rows(dtype):
    def jacobian(z):
        p = softmax(z)
        return p[:, :, None] * np.eye(p.shape[1]) - p[:, :, None] * p[:, None, :]

    assert check_activation(softmax, jacobian, "softmax", dtype=dtype).verdict == "match"
    row = check_activation(lambda z: softmax(z[None])[0], lambda z: jacobian(z[None])[0], "softmax", dtype=dtype)
    assert row.verdict == "match" and "it takes one row at a time" in row.notes


def test_samples_in_columns(dtype):
    verdict = check_activation(lambda z: softmax(z.T).T, None, "softmax", dtype=dtype)
    assert verdict.convention == ["samples in columns"]


def test_a_function_of_one_number():
    verdict = check_activation(lambda z: math.tanh(z), lambda z: 1 - math.tanh(z) ** 2, "tanh")
    assert verdict.verdict == "match" and "it takes one number at a time, not an array" in verdict.notes


def test_a_function_of_one_number_judges_itself():
    """It takes no longer numbers, and overflows at some points: its derivative is known at the others all the same."""

    def forward(z):
        return 1 / (1 + math.exp(-z))

    assert check_activation(forward, lambda z: forward(z) * (1 - forward(z))).ok
    assert check_activation(forward, lambda z: forward(z) * (1 + forward(z))).verdict == "wrong"


def test_a_function_that_derives_itself(dtype):
    def nonlin(x, deriv=False):
        return x * (1 - x) if deriv else sigmoid(x)

    assert check_activation(nonlin, "sigmoid", dtype=dtype).verdict == "other convention"


@pytest.mark.skipif("leaky_relu" not in f.activations, reason="not in this registry")
def test_another_parameter_is_found(dtype):
    leaky = check_activation(
        lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01), "leaky_relu", dtype=dtype
    )
    assert leaky.verdict == "other convention", str(leaky)
    assert "it is leaky_relu with negative_slope=0.01" in leaky.convention
    odd = check_activation(lambda z: np.where(z > 0, z, 0.037 * z), None, "leaky_relu", dtype=dtype)
    assert "it is leaky_relu with negative_slope=0.037" in odd.convention


@pytest.mark.skipif("leaky_relu" not in f.activations, reason="not in this registry")
def test_constants_as_they_are_written_are_right():
    """Keras holds 0.2 in float32, in a float64 network as well; who writes 0.2 is right."""
    verdict = check_activation(
        lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2), "leaky_relu", dtype="float64"
    )
    assert verdict.verdict == "match", str(verdict)


# ---- unstable --------------------------------------------------------------------------------------------------------

NAIVE = {
    "sigmoid": (lambda z: np.exp(z) / (1 + np.exp(z)), "1 / (1 + exp(-z))"),
    "tanh": (lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), "np.tanh"),
    "softmax": (lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True), "maximum"),
    "softplus": (lambda z: np.log(1 + np.exp(z)), "log1p(exp(-|z|))"),
    "log_softmax": (lambda z: z - np.log(np.exp(z).sum(axis=-1, keepdims=True)), "maximum"),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1), "expm1"),
    "log_sigmoid": (lambda z: np.log(1 / (1 + np.exp(-z))), "log1p(exp(-|z|))"),
}


@pytest.mark.quick(4)
@pytest.mark.parametrize("name", [name for name in NAIVE if name in f.activations])
def test_naive_forms_are_unstable_and_the_stable_one_is_named(name, dtype):
    function, stable = NAIVE[name]
    verdict = check_activation(function, None, name, dtype=dtype)
    assert verdict.verdict == "unstable", str(verdict)
    assert stable in verdict.right_line
    assert max(map(len, str(verdict).splitlines())) <= 80, str(verdict)
    assert check_activation(function, dtype=dtype).verdict == "unstable"


@pytest.mark.quick(1)
def test_logsumexp_is_unstable(dtype):
    def forward(z):
        return np.log(np.exp(z).sum(axis=-1))

    def stable(z):
        top = z.max(axis=-1)
        return top + np.log(np.exp(z - top[:, None]).sum(axis=-1))

    def backward(upstream, z):
        return upstream[:, None] * softmax(z)

    assert check_activation(forward, backward, dtype=dtype).verdict == "unstable"
    assert check_activation(stable, backward, dtype=dtype).verdict == "match"


def test_overflow_of_single_numbers_is_unstable():
    verdict = check_activation(lambda z: 1 / (1 + math.exp(-z)), None, "sigmoid")
    assert verdict.verdict == "unstable"


# ---- wrong -----------------------------------------------------------------------------------------------------------


PLANTED = {
    name: mistake
    for registry in (mistakes, activation_mistakes)
    for name, mistake in registry.items()
    if mistake.step in ("a", "delta")
}


@pytest.mark.quick(8)
@pytest.mark.parametrize("number", range(len(PLANTED)), ids=list(PLANTED))
def test_a_planted_mistake_is_found_and_named(number, quick):
    """In every activation in which it makes a difference, by its name or by that of a twin with the same numbers.

    Every day in the first such activation, beginning with another one for each mistake.
    """
    mistake, dtype = list(PLANTED.values())[number], DTYPES[number % 2]
    entries = [entry for _, entry in f.activations.items()]
    first = 7 * number % len(entries)
    for entry in (*entries[first:], *entries[:first]):
        part = "forward" if mistake.step == "a" else "backward"
        at = points.elementwise(tuple(entry.kinks), dtype) if entry.elementwise else points.rows(dtype)

        def result(upstream, z, a, entry=entry):
            with np.errstate(all="ignore"):
                spot = Spot(entry, z, upstream)
                right = entry.forward(z) if mistake.step == "a" else entry.backward(upstream, z, entry.forward(z))
                return np.asarray(mistake.wrong(spot, right))

        z = at.z[at.ordinary].astype(dtype)
        a = entry.forward(z)
        upstream = points.cotangents(a.shape, dtype)
        spot = Spot(entry, z, upstream)
        if not mistake.applies(spot):
            continue
        right = a if mistake.step == "a" else entry.backward(upstream, z, a)
        try:
            with np.errstate(all="ignore"):
                wrong = result(upstream, z, a)
        except ValueError:  # shapes that do not fit: it cannot be made here
            continue
        if (
            wrong.shape != right.shape
            # No tolerance of a proof: which plants are mistakes at all. log_softmax of log_softmax and sigmoid' at -z
            # are right and differ by rounding, or by the digits that their form loses.
            or np.allclose(wrong, right, rtol=1e-3, atol=1e-6)
            or not np.isfinite(wrong).all()
        ):
            continue
        own = (lambda z, entry=entry: result(np.ones_like(entry.forward(z)), z, None)) if part == "forward" else None
        verdict = check_activation(own, None if own else result, entry, dtype=dtype)
        if mistake.step == "a" and verdict.verdict == "other convention":  # columns, or another argument
            continue
        assert verdict.verdict == "wrong", f"{entry}: {verdict}"
        assert max(map(len, str(verdict).splitlines())) <= 80, str(verdict)
        names = [*verdict.mistakes, *(name for group in verdict.alternatives for name in group)]
        assert any(name.startswith(mistake.name) for name in names), f"{entry}: {verdict}"
        if quick:
            break


def test_an_unknown_mistake_is_unknown(dtype):
    verdict = check_activation(np.tanh, lambda z: 1.2345 * (1 - np.tanh(z) ** 2), "tanh", dtype=dtype)
    assert verdict.unknown and "it is 1.2345 times" in verdict.pattern
    left_out = check_activation(np.tanh, lambda a: 1 - a, "tanh", dtype=dtype, without=("tanh' = 1 - a",))
    assert left_out.unknown
    rounded = check_activation(lambda z: np.tanh(z) * 1.00002, None, "tanh", dtype=dtype)
    assert rounded.unknown


def test_the_derivative_of_another_activation_is_named(dtype):
    verdict = check_activation(np.tanh, lambda z: sigmoid(z) * (1 - sigmoid(z)), "tanh", dtype=dtype)
    assert verdict.mistakes == ["derivative of another activation (sigmoid)"]
    assert "it is the derivative of sigmoid" in verdict.summary


def test_the_derivative_of_a_wrong_function_is_not_blamed(dtype):
    verdict = check_activation(
        lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))), "sigmoid", dtype=dtype
    )
    assert verdict.where == "forward" and "backward" not in f"{verdict.summary} {verdict.notes}", verdict


def test_a_factor_of_1_00001_without_a_reference():
    verdict = check_activation(lambda z: z * z, lambda z: 2.00002 * z)
    assert verdict.verdict == "wrong"


# ---- broken ----------------------------------------------------------------------------------------------------------


def changing(z):
    z *= 2
    return np.tanh(z / 2)


class Counting:
    calls = 0

    def __call__(self, z):
        self.calls += 1
        return np.tanh(z) * self.calls


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda z: None, "it returns None"),
        (lambda z: z.undefined, "AttributeError"),
        (lambda z: np.tanh(z).sum(), "it returns shape ()"),
        (lambda z: np.tanh(z) * np.nan, "it gives nan"),
        (lambda z: np.tanh(z) + 0j, "not real numbers"),
        (changing, "it changes its argument z in place"),
        (Counting(), "it keeps state between calls"),
    ],
)
def test_broken_functions(function, said):
    verdict = check_activation(function, None, "tanh")
    assert verdict.verdict == "broken" and said in verdict.summary, str(verdict)


def test_broken_derivatives():
    verdict = check_activation(np.tanh, lambda z: None, "tanh")
    assert verdict.verdict == "broken" and "it returns None" in verdict.summary
    assert check_activation(np.tanh, lambda p, q, r, s: p, "tanh").verdict == "broken"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None, None, "tanh"), "forward or backward must be a function"),
        ((None, np.tanh), "needs a reference"),
        ((3, None, "tanh"), "forward must be a function"),
    ],
)
def test_bad_input(arguments, said):
    with pytest.raises(TypeError, match=said):
        check_activation(*arguments)
    with pytest.raises(ValueError, match="unknown activation"):
        check_activation(np.tanh, None, "no such thing")


# ---- more digits -----------------------------------------------------------------------------------------------------


def test_what_takes_floats_only_has_no_more_digits():
    assert extended(np.vectorize(math.tanh), np.array([0.5]), dtype="float64") is None


def test_the_search_says_nothing_about_what_is_right(dtype):
    at = points.elementwise((), dtype)
    upstream = points.cotangents(at.z.shape, dtype)
    with np.errstate(all="ignore"):
        known = Reference(f.tanh).backward(upstream, at.z, dtype)
    assert not find(f.tanh, at, upstream, known.value, known, "delta")
