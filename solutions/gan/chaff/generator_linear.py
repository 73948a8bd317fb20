"""Wrong: the generator has no activation at its end.

Fails: generator_makes_images
"""


def build_generator(latent_dim=100, image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input((latent_dim,))])
    for units in (32, 128, 256):
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(int(np.prod(image_shape))))
    model.add(layers.Reshape(image_shape))
    return model
