"""Wrong: the discriminator ends with a sigmoid, and the losses contain another one.

Fails: discriminator_gives_logits
"""


def build_discriminator(image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input(image_shape), layers.Flatten()])
    for units in (256, 128):
        model.add(layers.Dense(units))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(1, activation="sigmoid"))
    return model
