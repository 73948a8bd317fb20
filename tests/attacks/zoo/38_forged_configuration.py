"""Forges the configuration of its model: layers that load what they are pointed at, by the names of
Keras's own functions, which Keras's safe mode lets pass. The validator writes a new configuration from
allowed parts.
"""

import keras

PATH = "/tmp/zoo-was-here"
LOADS = {"module": "keras.src.saving.saving_lib", "class_name": "function", "config": "load_model"}
EVIL = [
    {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {
            "name": "evil",
            "function": LOADS | {"registered_name": "function"},
            "arguments": {"filepath": PATH},
        },
        "registered_name": None,
    },
    {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "evil", "filepath": PATH}},
    {"module": "os", "class_name": "system", "config": {"name": "evil", "command": "touch " + PATH}},
    {"module": "keras.layers", "class_name": "Activation", "config": {"name": "evil", "activation": LOADS}},
]
turn = iter(EVIL)


def forged(model):
    layers = [layer_config(layer) for layer in model.layers]
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": "m",
            "layers": [layer_config(model._layers[0]), *layers[:-1], next(turn), layers[-1]],
        },
    }


def layer_config(layer):
    return {"module": "keras.layers", "class_name": type(layer).__name__, "config": layer.get_config()}


keras.saving.serialize_keras_object = forged


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.GlobalMaxPooling2D(name="global_pool"),
            layers.Dropout(0.2, name="dropout"),
            layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )
