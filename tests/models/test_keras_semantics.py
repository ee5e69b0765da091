"""What scripts for Keras rely on around `fit`: `model.metrics`, limits, generators, TerminateOnNaN."""

import numpy as np
import pytest

import handnn

X, Y = np.ones((8, 2)), np.ones((8, 1))


@pytest.fixture
def both(keras):
    return handnn, keras


def small(module, metrics=("mae",)):
    model = module.Sequential([module.Input((2,)), module.layers.Dense(1, name="d")], name="net")
    model.compile("sgd", "mse", metrics=list(metrics), run_eagerly=True)
    return model


@pytest.mark.parametrize("metrics", [(), ("mae", "mse")])
@pytest.mark.quick(1)
def test_model_metrics_are_the_loss_and_one_object(metrics, both):
    found = []
    for module in both:
        model = small(module, metrics)
        model.fit(X, Y, verbose=0)
        names, states = [m.name for m in model.metrics], [len(m.variables) for m in model.metrics]
        assert model.metrics_names == names
        for metric in model.metrics:
            metric.reset_state()
        found.append((names, states, module.Sequential([module.Input((2,))]).metrics))
    assert found[0] == found[1]


def test_limits_shorten_every_fit(both):
    found = []
    for module in both:
        module.config.set_max_epochs(2)
        module.config.set_max_steps_per_epoch(3)
        try:
            with pytest.warns(UserWarning, match="Limiting"):
                history = small(module).fit(X, Y, batch_size=1, epochs=4, verbose=0)
            limits = module.config.max_epochs(), module.config.max_steps_per_epoch()
        finally:
            module.config.set_max_epochs(None)
            module.config.set_max_steps_per_epoch(None)
        found.append((len(history.history["loss"]), limits))
    assert found[0] == found[1] == (2, (2, 3))
    with pytest.raises(ValueError, match="max_epochs must be an integer >= 1 or None; received 0"):
        handnn.config.set_max_epochs(0)


def test_limits_are_read_from_the_environment(monkeypatch):
    monkeypatch.setattr(handnn.config, "_limits", dict(handnn.config._limits))
    handnn.config.read_environment({"KERAS_MAX_EPOCHS": "7", "KERAS_MAX_STEPS_PER_EPOCH": ""})
    assert (handnn.config.max_epochs(), handnn.config.max_steps_per_epoch()) == (7, None)
    with pytest.raises(ValueError, match="max_epochs must be an integer >= 1 or None; received 'many'"):
        handnn.config.read_environment({"KERAS_MAX_EPOCHS": "many"})


def test_a_generator_without_steps_trains_one_epoch():
    model, batches = small(handnn), ((X, Y) for _ in range(3))
    with pytest.warns(UserWarning, match="x is a generator.*of epochs=3 one is trained; give steps_per_epoch"):
        history = model.fit(batches, epochs=3, verbose=0)
    assert history.epoch == [0] and model.optimizer.iterations == 3


@pytest.mark.quick(2, cover={"place": None, "value": None})
@pytest.mark.parametrize("place", ["x", "y"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_data_that_are_not_finite_need_terminate_on_nan(place, value, both, capsys):
    """Without it they are refused before the first step; with it both sides stop at the same batch."""
    data = {"x": X.copy(), "y": Y.copy()}
    data[place][5] = value
    model = small(handnn)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"{place} must be finite"):
        model.fit(data["x"], data["y"], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))
    for module in both:
        counts = [0]

        class Count(module.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None, counts=counts):
                counts[0] += 1

        watch = module.callbacks.TerminateOnNaN()
        history = small(module).fit(
            data["x"], data["y"], batch_size=2, epochs=4, shuffle=False, verbose=0, callbacks=[Count(), watch]
        )
        assert counts == [3] and len(history.history["loss"]) == 1 and not np.isfinite(history.history["loss"]).any()
        assert "Batch 2: Invalid loss, terminating training" in capsys.readouterr().out
    with pytest.raises(ValueError, match=f"{place} must be finite"):
        model.fit(data["x"], data["y"], verbose=0)


@pytest.mark.parametrize("name", ["Flatten", "Conv1D", "LSTM"])
def test_a_sequential_built_by_data_takes_other_lengths(name, both):
    """As in Keras, unless weights depend on the length; then one line says what was expected."""
    options = {"Flatten": {}, "Conv1D": {"filters": 3, "kernel_size": 2}, "LSTM": {"units": 3}}[name]
    lengths, shapes = [np.ones((n, size, 2), "float32") for n, size in ((3, 5), (2, 7), (4, 6))], []
    for module in both:
        model = module.Sequential([getattr(module.layers, name)(**options)])
        shapes.append([np.shape(model(x)) for x in lengths])
    assert shapes[0] == shapes[1]
    fixed = handnn.Sequential([handnn.layers.Flatten(), handnn.layers.Dense(2)])
    fixed(lengths[0])
    with pytest.raises(ValueError, match=r"x must have shape \(samples, 5, 2\); received \(2, 7, 2\)"):
        fixed(lengths[1])


@pytest.mark.parametrize("name", ["PReLU", "Sequential"])
def test_other_lengths_are_refused_where_a_layer_keeps_the_first(name):
    """The weights of PReLU have the length; a nested model has an Input of its own."""
    inner = handnn.layers.PReLU() if name == "PReLU" else handnn.Sequential([handnn.layers.Flatten()])
    model = handnn.Sequential([inner])
    model(np.ones((3, 5, 2)))
    with pytest.raises(ValueError, match=r"^x must have shape \(samples, 5, 2\); received \(2, 7, 2\)"):
        model(np.ones((2, 7, 2)))


@pytest.mark.slow
def test_slots_of_layers_frozen_after_compile_are_skipped_with_a_warning(both, tmp_path):
    for module in both:
        model = module.Sequential([module.Input((2,)), module.layers.Dense(3), module.layers.Dense(1)])
        model.layers[0].trainable = False
        model.compile(module.optimizers.SGD(momentum=0.9), "mse")
        model.fit(X, Y, verbose=0)
        model.layers[0].trainable = True
        model.save(tmp_path / f"{module.__name__}.keras")
        with pytest.warns(UserWarning, match="variables"):
            again = module.saving.load_model(tmp_path / f"{module.__name__}.keras")
        assert all(np.array_equal(*pair) for pair in zip(again.get_weights(), model.get_weights(), strict=True))


def test_other_lengths_leave_a_shared_layers_calls_in_other_models():
    shared = handnn.layers.Dense(2)
    read = handnn.Input((None, 5))
    handnn.Model(read, shared(read))
    (elsewhere,) = shared.calls
    model = handnn.Sequential([handnn.layers.Activation("tanh"), shared])
    assert model(np.ones((3, 4, 5))).shape == (3, 4, 2)
    assert model(np.ones((3, 6, 5))).shape == (3, 6, 2)
    assert elsewhere in shared.calls and len(shared.calls) == 2
