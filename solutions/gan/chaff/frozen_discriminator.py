"""Wrong: the Keras 2 way: compiled, then frozen for the combined model. In Keras 3 it never trains.

Fails: training_changes_both_networks
"""


def train_gan(generator, discriminator, data, *, steps, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), cross_entropy)
    discriminator.trainable = False
    combined = keras.Sequential([generator, discriminator])
    combined.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), cross_entropy)
    ones, zeros = np.ones((batch_size, 1)), np.zeros((batch_size, 1))
    losses = []
    for _ in range(steps):
        noise = rng.standard_normal((batch_size, generator.input_shape[-1])).astype("float32")
        real = data[rng.integers(len(data), size=batch_size)]
        doubt = discriminator.train_on_batch(real, ones)
        doubt += discriminator.train_on_batch(generator(noise).numpy(), zeros)
        losses.append((float(doubt), float(combined.train_on_batch(noise, ones))))
    return tuple(np.array(losses).T)
