"""Every script of examples/keras runs on handnn, and on Keras with `import keras` in place of its import."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from handnn.verify import verify_model

SCRIPTS = sorted(Path(__file__).parent.parent.glob("examples/keras/*.py"))
QUICK = ("shared_embedding",)


def run(script, folder, imported="import handnn as keras"):
    """What a script defines, run with little data."""
    text = script.read_text()
    text, count = re.subn(r"SAMPLES, EPOCHS = \d+, \d+", "SAMPLES, EPOCHS = 40, 1", text)
    assert count == 1 and text.count("import handnn as keras") == 1
    path = folder / f"{script.stem}_{imported.split()[1]}.py"
    path.write_text(text.replace("import handnn as keras", imported))
    return runpy.run_path(str(path))


@pytest.mark.filterwarnings("ignore")  # of Keras, about its own run
@pytest.mark.parametrize(
    "script",
    [pytest.param(s, id=s.stem, marks=() if s.stem in QUICK else pytest.mark.slow) for s in SCRIPTS],
)
def test_the_same_script_runs_on_both(script, keras, tmp_path, capsys):
    ours = run(script, tmp_path)
    theirs = run(script, tmp_path, "import keras")
    assert set(ours["history"].history) == set(theirs["history"].history)
    assert all(np.isfinite(values).all() for values in ours["history"].history.values())
    model, other = ours["model"], theirs["model"]
    assert [w.shape for w in model.weights] == [tuple(w.shape) for w in other.weights]
    assert [type(layer).__name__ for layer in model.layers if type(layer).__name__ != "InputLayer"] == [
        type(layer).__name__ for layer in other.layers if type(layer).__name__ != "InputLayer"
    ]
    few = [part[:3] for part in ours["x"]] if isinstance(ours["x"], list) else ours["x"][:3]
    report = verify_model(model, few, ours["y"][:3], optimizer=False)
    assert report.ok, report.verdict()
    capsys.readouterr()


def test_every_subject_has_a_script():
    asked = {
        "mnist_convnet",
        "sequences_conv1d",
        "sequences_bidirectional_lstm",
        "time_series_lstm",
        "text_transformer",
        "residual_convnet",
    }
    assert asked | {"autoencoder", "shared_embedding"} <= {script.stem for script in SCRIPTS}
