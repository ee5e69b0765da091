"""What scripts of keras.io's kind do with models, beyond training them: parts taken out, shared towers watched."""

import numpy as np

import handnn
from handnn import layers
from handnn.tensorboard.read import series


def towers():
    """Two inputs through one model inside: its layers are in two places."""
    x = handnn.Input((4,))
    tower = handnn.Model(x, layers.Dense(3, "relu", name="hidden")(x), name="tower")
    a, b = handnn.Input((4,), name="a"), handnn.Input((4,), name="b")
    dot = layers.Dot(axes=1, name="dot")([tower(a), tower(b)])
    model = handnn.Model([a, b], layers.Dense(1, name="top")(dot), name="net")
    model.compile("sgd", "mse")
    return model


def test_layers_of_a_model_in_two_places_are_watched(rng, tmp_path):
    """TensorBoard's health and the doctor take such layers under the name of their first place."""
    model, x = towers(), [rng.normal(size=(16, 4)) for _ in range(2)]
    doctor = handnn.callbacks.Doctor(verbose=0)
    board = handnn.callbacks.TensorBoard(tmp_path, update_freq="batch")
    model.fit(x, rng.normal(size=(16, 1)), batch_size=4, epochs=2, verbose=0, callbacks=[doctor, board])
    assert set(doctor.record.layers) == {"tower/hidden", "top"}
    tags = {tag for folder in tmp_path.iterdir() if folder.is_dir() for tag in series(folder)}
    assert any("tower/hidden" in tag for tag in tags), tags


def test_class_weights_of_a_model_with_a_dict_of_inputs(rng):
    """As many weights for the samples."""
    x, y = {"a": rng.normal(size=(8, 2)), "b": rng.normal(size=(8, 2))}, np.arange(8) % 2
    found = []
    for options in ({"class_weight": {0: 1.0, 1: 3.0}}, {"sample_weight": np.where(y, 3.0, 1.0)}):
        given = {name: handnn.Input((2,), name=name) for name in x}
        top = layers.Dense(1, "sigmoid", kernel_initializer="ones")(layers.concatenate(list(given.values())))
        model = handnn.Model(given, top)
        model.compile("sgd", "binary_crossentropy")
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0, **options)
        found.append(model.get_weights())
    assert all(map(np.array_equal, *found))


def test_outputs_of_a_layer_that_returns_its_state(keras, rng):
    """`h, *states = layer.output`, as in keras.io's encoder and decoder."""
    shapes = []
    for module in (handnn, keras):
        x = module.Input((5, 2))
        lstm = module.layers.LSTM(3, return_state=True)
        lstm(x)
        output, h, c = lstm.output
        shapes.append([tuple(own.shape) for own in (output, h, c)])
        inner = module.Model(x, [h, c])
        assert len(inner.predict(rng.normal(size=(1, 5, 2)), verbose=0)) == 2
    assert shapes[0] == shapes[1]
    dense = layers.Dense(2)
    assert dense(handnn.Input((3,))) is dense.output


def test_a_shared_layer_is_measured_once(rng):
    """Its gradient is the sum over both places."""
    model, x, y = towers(), [rng.normal(size=(4, 4)) for _ in range(2)], rng.normal(size=(4, 1))
    gradient = model.loss_and_gradients(x, y)[1][0]
    doctor = handnn.callbacks.Doctor(verbose=0)
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0, callbacks=[doctor])
    (norm,) = doctor.record.layers["tower/hidden"]["gradient_norm"]
    assert norm == float(np.linalg.norm(gradient.astype("float64")))
