"""`check_loss`: right code in any clothing is right, each mistake is named, naive forms are unstable."""

import numpy as np
import pytest

from handnn import losses
from handnn.diagnosis import check_loss
from handnn.diagnosis.loss import data as loss_data
from handnn.diagnosis.bank import loss_mistakes, mistakes
from handnn.diagnosis.bank.contexts import LossContext as Spot
from handnn.diagnosis.loss.forms import one_hot


def variants():
    for name, cls in losses.losses.items():
        yield name, {}
        if "from_logits" in cls().get_config():
            yield name, {"from_logits": True}


VARIANTS = list(variants())
DTYPES = ("float32", "float64")
IDS = [f"{name}{'-logits' if options else ''}" for name, options in VARIANTS]


def log_softmax(z):
    s = z - z.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def huber(y_true, y_pred, delta=1.0):
    e = np.abs(y_pred - y_true)
    return np.mean(np.where(e <= delta, e * e / 2, delta * e - delta**2 / 2))


def squares(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2)


def slopes_of_squares(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.size


# ---- right -----------------------------------------------------------------------------------------------------------


@pytest.mark.quick(2)
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=IDS)
def test_own_formula_in_a_users_clothing_is_a_match(name, options, dtype):
    loss = losses.losses[name](dtype=dtype, **options)

    def value(y_true, y_pred):
        return loss(y_true, y_pred)

    verdict = check_loss(value, lambda y_pred, y_true: loss.gradient(y_true, y_pred), name, dtype=dtype, **options)
    assert verdict.verdict in ("match", "other convention"), str(verdict)
    assert set(verdict.convention) <= {"the arguments are (y_pred, y_true)"}
    assert check_loss(value, loss.gradient, name, dtype=dtype, **options).verdict == "match"
    each = losses.losses[name](dtype=dtype, reduction=None, **options)
    unreduced = check_loss(lambda y, p: each(y, p), lambda y, p: each.gradient(y, p), name, dtype=dtype, **options)
    assert unreduced.verdict == "match", str(unreduced)


def test_sums_and_halves_are_conventions(dtype):
    verdict = check_loss(lambda y, a: 0.5 * np.sum((a - y) ** 2), lambda y, a: a - y, "mean_squared_error", dtype=dtype)
    assert verdict.verdict == "other convention"
    assert "summed over the samples" in verdict.convention[0] and "1/2" in verdict.convention[0]


def test_value_and_gradient_must_have_the_same_factor(dtype):
    verdict = check_loss(squares, lambda y, a: (a - y) / a.size, "mse", dtype=dtype)
    assert verdict.mistakes == ["factor 2 of the square forgotten"]


def test_elements(dtype):
    verdict = check_loss(lambda y, a: (a - y) ** 2, lambda y, a: 2 * (a - y), "mse", dtype=dtype)
    assert verdict.verdict == "match" and "one value for each element" in verdict.notes[0]


@pytest.mark.parametrize("names", ["y_pred, y_true", "yhat, y", "output, target", "p, q"])
@pytest.mark.quick(2)
def test_the_order_of_the_arguments(names, dtype):
    """Names decide; where they say nothing, a value that has an order does."""
    first, second = names.split(", ")
    body = f"np.mean(-{second} * np.log({first}) - (1 - {second}) * np.log(1 - {first}))"
    value = eval(f"lambda {names}: {body}", {"np": np})
    verdict = check_loss(value, None, "binary_crossentropy", dtype=dtype)
    assert "the arguments are (y_pred, y_true)" in verdict.convention, str(verdict)


def test_names_decide_the_sign(dtype):
    """A gradient with the wrong sign is that of exchanged arguments: who names them is taken at his word."""
    verdict = check_loss(squares, lambda y_true, y_pred: -slopes_of_squares(y_true, y_pred), "mse", dtype=dtype)
    assert verdict.mistakes == ["y - a for a - y"]


@pytest.mark.quick(1)
def test_integer_labels_and_logits(dtype):
    def value(y, z):
        return -np.mean(log_softmax(z)[np.arange(len(z)), y])

    def gradient(y, z):
        return (np.exp(log_softmax(z)) - np.eye(z.shape[1], dtype=z.dtype)[y]) / len(z)

    verdict = check_loss(value, gradient, "categorical_crossentropy", dtype=dtype)
    assert verdict.convention == ["y_pred holds logits z (from_logits=True); integer labels for one-hot ones"]


def test_labels_0_and_1_of_a_hinge(dtype):
    def value(y, z):
        return np.maximum(0, 1 - (2 * y - 1) * z).mean()

    verdict = check_loss(value, reference="hinge", dtype=dtype)
    assert verdict.ok and "labels 0 and 1 for -1 and 1" in verdict.convention
    assert not check_loss(lambda y, z: np.maximum(0, 1 - y * (2 * z - 1)).mean(), reference="hinge", dtype=dtype).ok


def test_base_2_and_no_division_by_the_sum(dtype):
    def value(y, p):
        return -np.sum(y * np.log2(np.clip(p, 1e-7, 1))) / len(p)

    verdict = check_loss(value, lambda y, p: -y / p / len(p) / np.log(2), "categorical_crossentropy", dtype=dtype)
    assert verdict.verdict == "other convention"
    assert any("base 2" in word for word in verdict.convention)
    assert any("not divided by its sum" in word for word in verdict.convention)


def test_epsilon_inside_the_logarithm():
    def value(y, p):
        return -np.mean(y * np.log(p + 1e-8) + (1 - y) * np.log(1 - p + 1e-8))

    def gradient(y, p):
        return (-y / (p + 1e-8) + (1 - y) / (1 - p + 1e-8)) / p.size

    verdict = check_loss(value, gradient, "binary_crossentropy", dtype="float64")
    assert verdict.convention == ["1e-08 is added inside the logarithm, where Keras clips at 1e-7"]


def test_the_gradient_by_the_logits(dtype):
    def value(y, p):
        c = np.clip(p, 1e-7, 1 - 1e-7)
        return -np.mean(y * np.log(c) + (1 - y) * np.log(1 - c))

    verdict = check_loss(value, lambda y, p: (p - y) / p.size, "binary_crossentropy", dtype=dtype)
    assert verdict.verdict == "other convention" and any("by the logits" in word for word in verdict.convention)


def test_another_choice_at_a_kink(dtype):
    verdict = check_loss(
        lambda y, a: np.mean(np.abs(a - y)), lambda y, a: np.where(a >= y, 1, -1) / a.size, "mae", dtype=dtype
    )
    assert verdict.verdict == "other convention" and "between both sides" in verdict.convention[0]


# ---- unstable --------------------------------------------------------------------------------------------------------


def naive_bce(y, p):
    return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))


def naive_bce_of_logits(y, z):
    p = 1 / (1 + np.exp(-z))
    return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))


def naive_logits(y, z):
    return -np.sum(y * (z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))) / len(z)


def naive_sparse(y, z):
    return np.mean(np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(z)), y])


def naive_log_cosh(y_true, y_pred):
    return np.mean(np.log(np.cosh(y_pred - y_true)))


UNSTABLE = [
    (naive_bce, "binary_crossentropy", {}, "clip"),
    (naive_bce_of_logits, "binary_crossentropy", {"from_logits": True}, "log1p(exp(-|z|))"),
    (naive_logits, "categorical_crossentropy", {"from_logits": True}, "max z"),
    (naive_sparse, "sparse_categorical_crossentropy", {"from_logits": True}, "max z"),
    (naive_log_cosh, "log_cosh", {}, "log1p"),
]
THERE = [case for case in UNSTABLE if case[1] in losses.losses]


@pytest.mark.parametrize(("value", "name", "options", "stable"), THERE, ids=[case[0].__name__ for case in THERE])
def test_naive_forms_are_unstable_and_the_stable_one_is_named(value, name, options, stable, dtype):
    verdict = check_loss(value, None, name, dtype=dtype, **options)
    assert verdict.verdict == "unstable", str(verdict)
    assert stable in verdict.right_line
    assert max(map(len, str(verdict).splitlines())) <= 80, str(verdict)


def test_stable_forms_are_right(dtype):
    value = lambda y, z: np.mean(softplus(z) - z * y)  # noqa: E731
    gradient = lambda y, z: (np.exp(-softplus(-z)) - y) / z.size  # noqa: E731
    verdict = check_loss(value, gradient, "binary_crossentropy", dtype=dtype, from_logits=True)
    assert verdict.verdict == "match", str(verdict)


# ---- wrong -----------------------------------------------------------------------------------------------------------

PLANTED = {
    name: mistake
    for registry in (mistakes, loss_mistakes)
    for name, mistake in registry.items()
    if mistake.step in ("values", "loss", "slopes") and not name.startswith(("l2", "loss of the last"))
}


def planted_value(mistake, loss):
    """Return the value of somebody who makes this mistake: the mean over the samples."""

    def value(y_true, y_pred):
        y = y_true if y_true.dtype.kind == "i" else y_true.astype("float64")
        p = y_pred.astype("float64")
        right = loss.values(y, p)
        spot = Spot(loss, y, p, np.size(right))
        if mistake.step == "loss":
            return mistake.wrong(spot, np.mean(right))
        return np.mean(mistake.wrong(spot, right))

    return value


def planted_gradient(mistake, loss):
    def gradient(y_true, y_pred):
        y = y_true if y_true.dtype.kind == "i" else y_true.astype("float64")
        p = y_pred.astype("float64")
        n = np.size(loss.values(y, p))
        return mistake.wrong(Spot(loss, y, p, n), loss.derivatives(y, p) / n)

    return gradient


@pytest.mark.quick(3)
@pytest.mark.parametrize("number", range(len(PLANTED)), ids=list(PLANTED))
def test_a_planted_mistake_is_found_and_named(number, quick):
    """In every loss in which it makes a difference, by its name or by that of a twin with the same numbers.

    Every day in the first such loss, beginning with another one for each mistake.
    """
    mistake, dtype = list(PLANTED.values())[number], DTYPES[number % 2]
    first = 7 * number % len(VARIANTS)
    for name, options in (*VARIANTS[first:], *VARIANTS[:first]):
        extra = {"delta": 0.6} if name == "huber" else {}
        loss = losses.losses[name](dtype=dtype, **options, **extra)
        reading = next(loss_data.readings(loss))
        at = loss_data.draw(reading, dtype, loss_data.SIZES[0])
        value, gradient = planted_value(mistake, loss), planted_gradient(mistake, loss)
        right = losses.losses[name](dtype=dtype, **options, **extra)
        with np.errstate(all="ignore"):
            y = at.y if at.y.dtype.kind == "i" else at.y.astype("float64")
            if not mistake.applies(Spot(loss, y, at.p.astype("float64"), at.samples)):
                continue
            by_gradient = mistake.step == "slopes"
            try:
                wrong = gradient(at.y, at.p) if by_gradient else value(at.y, at.p)
            except (ValueError, IndexError):  # shapes that do not fit: it cannot be made here
                continue
            expected = right.gradient(at.y, at.p) if by_gradient else right(at.y, at.p)
        # a mistake that makes no difference here, or hardly one: its name cannot be asked for
        if np.shape(wrong) != np.shape(expected) or np.allclose(wrong, expected, rtol=1e-3, atol=1e-6):
            continue  # no tolerance of a proof: dice without its 1 / N is right, and differs by rounding
        if not np.isfinite(wrong).all():
            continue
        if by_gradient:
            verdict = check_loss(lambda y, p: right(y, p), gradient, loss, dtype=dtype)  # noqa: B023
        else:
            verdict = check_loss(value, None, loss, dtype=dtype)
            if verdict.verdict == "other convention":  # 1 - cosine
                continue
        assert verdict.verdict == "wrong", f"{name} {options}: {verdict}"
        assert max(map(len, str(verdict).splitlines())) <= 80, str(verdict)
        names = [*verdict.mistakes, *(name for group in verdict.alternatives for name in group)]
        assert mistake.name in names, f"{name} {options}: {verdict}"
        if quick:
            break


def test_an_unknown_mistake_is_unknown(dtype):
    verdict = check_loss(squares, lambda y, a: 1.7 * slopes_of_squares(y, a), "mse", dtype=dtype)
    assert verdict.unknown and "it is 1.7 times" in verdict.pattern
    left_out = ("factor 2 of the square forgotten",)
    half = check_loss(squares, lambda y, a: slopes_of_squares(y, a) / 2, "mse", dtype=dtype, without=left_out)
    assert half.unknown and "it is 0.5 times" in half.pattern


def test_a_factor_of_n_and_k_is_named(dtype):
    without = ("divided neither by N nor by K",)
    verdict = check_loss(squares, lambda y, a: 2 * (a - y), "mse", dtype=dtype, without=without)
    assert "N K" in verdict.pattern


@pytest.mark.skipif("huber" not in losses.losses, reason="not in this registry")
@pytest.mark.quick(1)
def test_options_go_to_the_reference(dtype):
    value = lambda y_true, y_pred: huber(y_true, y_pred, 2.5)  # noqa: E731
    assert check_loss(value, None, "huber", dtype=dtype, delta=2.5).verdict == "match"
    assert check_loss(value, None, "huber", dtype=dtype).verdict == "wrong"


# ---- broken ----------------------------------------------------------------------------------------------------------


class Adding:
    total = 0.0

    def __call__(self, y_true, y_pred):
        self.total += squares(y_true, y_pred)
        return self.total


def changing(y_true, y_pred):
    y_pred -= y_true
    return np.mean(y_pred**2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda y_true, y_pred: None, "it returns None"),
        (lambda y_true, y_pred: y_pred.undefined, "AttributeError"),
        (lambda y_true, y_pred: y_pred.sum(axis=0), "it returns shape (3,)"),
        (lambda y_true, y_pred: squares(y_true, y_pred) * np.nan, "NaN or infinity"),
        (changing, "it changes its argument y_pred in place"),
        (Adding(), "it keeps state between calls"),
    ],
)
def test_broken_functions(value, said):
    verdict = check_loss(value, None, "mse")
    assert verdict.verdict == "broken" and said in verdict.summary, str(verdict)


def test_a_gradient_of_another_shape_is_broken():
    verdict = check_loss(squares, lambda y, a: slopes_of_squares(y, a).sum(axis=1), "mse")
    assert verdict.verdict == "broken" and "expected the shape of y_pred" in verdict.summary


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None, None, "mse"), "value or gradient"),
        ((squares,), "needs a reference"),
        ((3, None, "mse"), "value must be"),
    ],
)
def test_bad_input(arguments, said):
    with pytest.raises(TypeError, match=said):
        check_loss(*arguments)
    with pytest.raises(ValueError, match="unknown loss"):
        check_loss(squares, "no such loss")


def test_labels_are_read_as_one_hot():
    loss = losses.losses["sparse_categorical_crossentropy"](dtype="float64")
    at = loss_data.draw(next(loss_data.readings(loss)), "float64", (7, 3))
    assert one_hot(at).sum() == 7
