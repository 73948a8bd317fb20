"""Wrong: `feature_maps` gives what convolutions compute before their activation.

Fails: feature_maps
"""


def feature_maps(model, images):
    maps = {}
    x = images
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.layers.Conv2D):
            z = layer.convolution_op(x, layer.kernel) + layer.bias
            maps[layer.name] = np.array(z)
            x = layer.activation(z)
        else:
            x = layer(x, training=False)
            maps[layer.name] = np.array(x)
    return maps
