"""Wrong: `feature_maps` runs the network as in training, with dropout switched on.

Fails: feature_maps
"""


def feature_maps(model, images):
    layers_ = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    extractor = keras.Model(model.inputs, [layer.output for layer in layers_])
    outputs = extractor(images, training=True)
    return {layer.name: np.array(o) for layer, o in zip(layers_, outputs)}
