"""Kinds of model for pictures and volumes."""

from typing import Any

from .base import kind


def convolved(k: Any, x: Any, filters: int, size: int = 3, strides: int = 1, separable: bool = False) -> Any:
    """Return a convolution of x with batch normalization and ReLU."""
    make = k.layers.SeparableConv2D if separable else k.layers.Conv2D
    x = make(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return k.layers.Activation("relu")(k.layers.BatchNormalization()(x))


def compiled(model: Any, loss: str = "categorical_crossentropy", optimizer: str = "adam") -> Any:
    model.compile(optimizer, loss)
    return model


@kind
def digits_convnet(k: Any) -> Any:
    """Handwritten digits: two convolutions, two poolings."""
    layers = [k.Input((12, 12, 1)), k.layers.Conv2D(4, 3, activation="relu"), k.layers.MaxPooling2D(2)]
    layers += [k.layers.Conv2D(6, 3, activation="relu"), k.layers.MaxPooling2D(2), k.layers.Flatten()]
    return compiled(k.Sequential([*layers, k.layers.Dropout(0.5), k.layers.Dense(3, activation="softmax")]))


@kind
def photographs_from_scratch(k: Any) -> Any:
    """Two kinds of photographs: separable convolutions with residuals, a small Xception."""
    x = inputs = k.Input((12, 12, 3))
    x = convolved(k, k.layers.Rescaling(1 / 255)(x), 4, strides=2)
    before = x
    for size in (6, 8):
        for _ in range(2):
            x = k.layers.Activation("relu")(x)
            x = k.layers.BatchNormalization()(k.layers.SeparableConv2D(size, 3, padding="same")(x))
        x = k.layers.MaxPooling2D(3, strides=2, padding="same")(x)
        before = x = k.layers.add([x, k.layers.Conv2D(size, 1, strides=2, padding="same")(before)])
    x = k.layers.Dropout(0.25)(k.layers.GlobalAveragePooling2D()(x))
    return compiled(k.Model(inputs, k.layers.Dense(1, activation="sigmoid")(x)), "binary_crossentropy")


@kind
def denoising_autoencoder(k: Any) -> Any:
    """Digits without their noise: poolings down, transposed convolutions up."""
    x = inputs = k.Input((8, 8, 1))
    for _ in range(2):
        x = k.layers.Conv2D(4, 3, activation="relu", padding="same")(x)
        x = k.layers.MaxPooling2D(2, padding="same")(x)
    for _ in range(2):
        x = k.layers.Conv2DTranspose(4, 3, strides=2, activation="relu", padding="same")(x)
    x = k.layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x)
    return compiled(k.Model(inputs, x), "binary_crossentropy")


@kind
def segmentation_unet(k: Any) -> Any:
    """A class for each pixel: down with separable convolutions, up with transposed ones and UpSampling2D."""
    x = inputs = k.Input((8, 8, 3))
    before = x = convolved(k, x, 4, strides=2)
    x = convolved(k, k.layers.Activation("relu")(x), 6, separable=True)
    x = k.layers.MaxPooling2D(3, strides=2, padding="same")(x)
    before = x = k.layers.add([x, k.layers.Conv2D(6, 1, strides=2, padding="same")(before)])
    for filters in (6, 4):
        x = k.layers.Conv2DTranspose(filters, 3, padding="same")(k.layers.Activation("relu")(x))
        x = k.layers.UpSampling2D(2)(k.layers.BatchNormalization()(x))
        side = k.layers.Conv2D(filters, 1, padding="same")(k.layers.UpSampling2D(2)(before))
        before = x = k.layers.add([x, side])
    x = k.layers.Conv2D(3, 3, activation="softmax", padding="same")(x)
    return compiled(k.Model(inputs, x), "sparse_categorical_crossentropy")


@kind
def segmentation_fully_convolutional(k: Any) -> Any:
    """A class for each pixel from three depths, enlarged bilinearly and added."""
    x = inputs = k.Input((8, 8, 3))
    depths = []
    for filters in (4, 5, 6):
        x = k.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        depths.append(k.layers.Dropout(0.2)(k.layers.Conv2D(3, 1)(x)))
        x = k.layers.MaxPooling2D(2)(x)
    first, second, third = depths
    second = k.layers.Add()([second, k.layers.UpSampling2D(2, interpolation="bilinear")(third)])
    x = k.layers.Add()([first, k.layers.UpSampling2D(2, interpolation="bilinear")(second)])
    return compiled(k.Model(inputs, k.layers.Activation("softmax")(x)))


@kind
def volumes(k: Any) -> Any:
    """Scans of lungs: convolutions over three axes."""
    x = inputs = k.Input((6, 6, 6, 1))
    for filters in (3, 4):
        x = k.layers.Conv3D(filters, 3, activation="relu", padding="same")(x)
        x = k.layers.BatchNormalization()(k.layers.MaxPool3D(2)(x))
    x = k.layers.Dense(5, activation="relu")(k.layers.GlobalAveragePooling3D()(x))
    x = k.layers.Dense(1, activation="sigmoid")(k.layers.Dropout(0.3)(x))
    return compiled(k.Model(inputs, x), "binary_crossentropy")


@kind
def next_frame(k: Any) -> Any:
    """The next picture of a film: convolutions inside a recurrent layer."""
    x = inputs = k.Input((3, 6, 6, 1))
    for _ in range(2):
        x = k.layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True, activation="relu")(x)
        x = k.layers.BatchNormalization()(x)
    return compiled(k.Model(inputs, k.layers.Conv3D(1, 3, activation="sigmoid", padding="same")(x)), "mse")


@kind
def convmixer(k: Any) -> Any:
    """Patches mixed by depthwise convolutions with residuals, and by convolutions of one place."""
    x = inputs = k.Input((8, 8, 3))
    x = k.layers.Conv2D(6, 2, strides=2)(k.layers.Rescaling(1 / 255)(x))
    x = k.layers.BatchNormalization()(k.layers.Activation("gelu")(x))
    for _ in range(2):
        mixed = k.layers.DepthwiseConv2D(3, padding="same")(x)
        x = k.layers.Add()([k.layers.BatchNormalization()(k.layers.Activation("gelu")(mixed)), x])
        x = k.layers.BatchNormalization()(k.layers.Activation("gelu")(k.layers.Conv2D(6, 1)(x)))
    x = k.layers.Dense(3, activation="softmax")(k.layers.GlobalAvgPool2D()(x))
    return compiled(k.Model(inputs, x), "sparse_categorical_crossentropy")


@kind
def mobile_transformer(k: Any) -> Any:
    """Inverted residuals, and attention between the places of a picture cut into patches."""
    x = inputs = k.Input((8, 8, 3))
    x = k.layers.Conv2D(4, 3, padding="same", strides=2, activation="swish")(x)
    wide = k.layers.Activation("swish")(k.layers.BatchNormalization()(k.layers.Conv2D(8, 1, use_bias=False)(x)))
    wide = k.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(wide)
    wide = k.layers.Activation("swish")(k.layers.BatchNormalization()(wide))
    x = k.layers.Add()([x, k.layers.BatchNormalization()(k.layers.Conv2D(4, 1, use_bias=False)(wide))])
    local = k.layers.Conv2D(4, 3, padding="same", activation="swish")(x)
    rows = k.layers.Reshape((4, 4, 4))(local)  # (patches, places of one, channels)
    own = k.layers.LayerNormalization(epsilon=1e-6)(rows)
    rows = k.layers.Add()([k.layers.MultiHeadAttention(2, 2, dropout=0.1)(own, own), rows])
    fed = k.layers.Dense(8, activation="swish")(k.layers.LayerNormalization(epsilon=1e-6)(rows))
    rows = k.layers.Add()([k.layers.Dense(4)(k.layers.Dropout(0.1)(fed)), rows])
    x = k.layers.Concatenate()([x, k.layers.Reshape((4, 4, 4))(rows)])
    x = k.layers.GlobalAvgPool2D()(k.layers.Conv2D(4, 3, padding="same", activation="swish")(x))
    return compiled(k.Model(inputs, k.layers.Dense(3, activation="softmax")(x)))


@kind
def low_light(k: Any) -> Any:
    """Brighter pictures: channels and places weighted, three resolutions side by side."""
    x = inputs = k.Input((8, 8, 3))
    x = k.layers.Conv2D(4, 3, padding="same")(x)
    half = k.layers.Conv2D(4, 3, padding="same", activation="relu")(k.layers.MaxPooling2D(2)(x))
    mean = k.layers.GlobalAveragePooling2D(keepdims=True)(x)
    share = k.layers.Conv2D(4, 1, activation="sigmoid")(k.layers.Conv2D(2, 1, activation="relu")(mean))
    places = k.layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    weighted = k.layers.Concatenate()([k.layers.Multiply()([x, share]), k.layers.Multiply()([x, places])])
    up = k.layers.UpSampling2D(2, interpolation="bilinear")(half)
    x = k.layers.Add()([k.layers.Conv2D(4, 1)(weighted), up, x])
    x = k.layers.Add()([inputs, k.layers.Conv2D(3, 3, padding="same")(x)])
    return compiled(k.Model(inputs, x), "mae")


@kind
def x_rays(k: Any) -> Any:
    """Pneumonia: separable convolutions with normalization, poolings, dropout."""
    x = inputs = k.Input((12, 12, 3))
    x = k.layers.Conv2D(4, 3, activation="relu", padding="same")(k.layers.Rescaling(1 / 255)(x))
    x = k.layers.MaxPool2D()(x)
    for filters in (5, 6):
        x = k.layers.SeparableConv2D(filters, 3, activation="relu", padding="same")(x)
        x = k.layers.MaxPool2D()(k.layers.BatchNormalization()(x))
    x = k.layers.Dropout(0.2)(k.layers.Flatten()(x))
    x = k.layers.Dropout(0.5)(k.layers.BatchNormalization()(k.layers.Dense(5, activation="relu")(x)))
    return compiled(k.Model(inputs, k.layers.Dense(1, activation="sigmoid")(x)), "binary_crossentropy")


@kind
def pairs_of_pictures(k: Any) -> Any:
    """Do two pictures show the same? One network for both, and the distance of its two results."""
    x = inside = k.Input((8, 8, 1))
    x = k.layers.AveragePooling2D(2)(k.layers.Conv2D(3, 3, activation="tanh")(k.layers.BatchNormalization()(x)))
    x = k.layers.BatchNormalization()(k.layers.Flatten()(x))
    one = k.Model(inside, k.layers.Dense(4, activation="tanh")(x), name="one")
    pair = [k.Input((8, 8, 1)), k.Input((8, 8, 1))]
    apart = k.layers.Subtract()([one(pair[0]), one(pair[1])])
    apart = k.layers.Dot(axes=1)([apart, apart])
    out = k.layers.Dense(1, activation="sigmoid")(k.layers.BatchNormalization()(apart))
    return compiled(k.Model(pair, out), "binary_crossentropy", "rmsprop")


@kind
def learned_resizing(k: Any) -> Any:
    """Pictures made smaller by layers that learn how, beside a bilinear way around them."""
    x = inputs = k.Input((12, 12, 3))
    around = k.layers.Resizing(6, 6, interpolation="bilinear")(x)
    x = k.layers.LeakyReLU(negative_slope=0.2)(k.layers.Conv2D(4, 5, padding="same")(x))
    x = k.layers.BatchNormalization()(k.layers.LeakyReLU(negative_slope=0.2)(k.layers.Conv2D(4, 1)(x)))
    small = x = k.layers.Resizing(6, 6, interpolation="bilinear")(x)
    x = k.layers.BatchNormalization()(k.layers.Conv2D(4, 3, padding="same")(x))
    x = k.layers.add([k.layers.Conv2D(4, 3, padding="same")(k.layers.LeakyReLU(negative_slope=0.2)(x)), small])
    x = k.layers.add([k.layers.Conv2D(3, 5, padding="same")(x), around])
    x = k.layers.GlobalAveragePooling2D()(convolved(k, x, 4, strides=2))
    return compiled(k.Model(inputs, k.layers.Dense(1, activation="sigmoid")(x)), "binary_crossentropy")


@kind
def convnet_without_pooling(k: Any) -> Any:
    """Strided convolutions and global maxima, trained with SGD."""
    layers = [k.Input((9, 9, 1)), k.layers.Conv2D(4, 3, strides=2, activation="relu")]
    layers += [k.layers.Conv2D(5, 3, activation="relu"), k.layers.GlobalMaxPooling2D()]
    model = k.Sequential([*layers, k.layers.Dense(3)])
    model.compile(k.optimizers.SGD(0.01), k.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
