"""Every example gets the verdict it announces."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

EXAMPLES = Path(__file__).parents[2] / "examples"

VERDICTS = {
    "published/notes_on_deep_networks.py": ("other convention", []),
    "published/lecture_forward_and_backward_pass.py": ("other convention", []),
    "published/forum_two_linear_layers.py": ("other convention", []),
    "published/forum_paths_are_added.py": ("match", []),
    "published/forum_two_layer_classifier.py": ("match", []),
    "published/forum_thresholds_as_printed.py": (
        "wrong",
        ["y - a for a - y", "sigmoid' = sigmoid(z) sigmoid(1 - z)"],
    ),
    "published/forum_factor_two.py": ("wrong", ["gradient not divided by the number of outputs"]),
    "published/forum_columns.py": ("other convention", []),
    "published/video_digits.py": ("other convention", []),
    "wrong/sign_of_tanh.py": ("wrong", ["tanh' = 1 + a^2"]),
    "wrong/mean_twice.py": ("wrong", ["gradient divided by N twice"]),
    "wrong/relu_mask_lost.py": ("wrong", ["f' left out"]),
    "wrong/softmax_derivative_once_more.py": ("wrong", ["a(1 - a) after a fused softmax"]),
    "wrong/two_at_once.py": ("wrong", ["db averaged", "W for W.T"]),
}


def test_every_example_is_here():
    paths = (path for folder in ("published", "wrong") for path in (EXAMPLES / folder).rglob("*.py"))
    found = {str(path.relative_to(EXAMPLES).as_posix()) for path in paths}
    assert found == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
@pytest.mark.slow
def test_example(name):
    expected, mistakes = VERDICTS[name]
    (found,) = [line["verdict"] for line in verdicts(str(EXAMPLES / name)) if "verdict" in line]
    assert (found["verdict"], found["mistakes"]) == (expected, mistakes), found
    assert found["checked"] and (found["verdict"] != "wrong" or found["blamed"])
