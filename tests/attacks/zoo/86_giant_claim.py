"""Claims to have built a network that nobody could build: each layer is within bounds, all of them are
not.
"""

import keras
import numpy as np


def forged(model):
    def layer(kind, **config):
        return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}

    layers = [
        layer("InputLayer", name="input", batch_shape=[None, 28, 28, 1], dtype="float32"),
        layer("Flatten", name="flat"),
        layer("Dense", name="conv1", units=65_536),
        layer("Dense", name="conv2", units=4096),
        layer("Dense", name="conv3", units=65_536),
        layer("Dense", name="probabilities", units=4096),
    ]
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": layers}}


keras.saving.serialize_keras_object = forged


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    model = keras.Sequential([keras.Input(input_shape)])
    model.get_weights = lambda: [np.zeros(1, dtype="float32")]
    return model
