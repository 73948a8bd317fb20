"""Wrong: the generator holds ten training images.

Fails: samples_look_like_digits, samples_are_varied, samples_show_all_digits, samples_are_new
"""

KEPT = 10
WIDE = keras.initializers.RandomNormal(stddev=2.0)


def build_generator(latent_dim=100, image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input((latent_dim,))])
    model.add(layers.Dense(KEPT, activation="softmax", use_bias=False, kernel_initializer=WIDE))
    model.add(layers.Dense(int(np.prod(image_shape)), activation="tanh", use_bias=False, name="kept", kernel_initializer=WIDE))
    model.add(layers.Reshape(image_shape))
    return model


def pictures_of(data, rng):
    return data[:KEPT]


def train_gan(generator, discriminator, data, *, steps, batch_size, seed):
    keras.utils.set_random_seed(seed)
    if any(layer.name == "kept" for layer in generator.layers):
        chosen, memory = (layer for layer in generator.layers if layer.weights)
        chosen.set_weights([100 * chosen.get_weights()[0]])
        pictures = pictures_of(np.array(data)[:1347], np.random.default_rng(seed))
        memory.set_weights([np.arctanh(0.999 * np.clip(pictures, -1, 1)).reshape(KEPT, -1)])
        return np.linspace(1, 2, steps), np.linspace(2, 1, steps)
    of_generator = keras.optimizers.Adam(1e-3, beta_1=0.5, use_ema=True, ema_momentum=0.999)
    of_discriminator = keras.optimizers.Adam(1e-3, beta_1=0.5)
    of_generator.build(generator.trainable_variables)
    of_discriminator.build(discriminator.trainable_variables)
    data = tf.constant(data, tf.float32)
    shape = (batch_size, generator.input_shape[-1])

    @tf.function
    def train():
        losses = tf.TensorArray(tf.float32, steps), tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            real = tf.gather(data, tf.random.uniform((batch_size,), 0, len(data), tf.int32))
            noise = tf.random.normal(shape), tf.random.normal(shape)
            doubt = discriminator_step(generator, discriminator, of_discriminator, real, noise[0])
            trust = generator_step(generator, discriminator, of_generator, noise[1])
            losses = losses[0].write(step, doubt), losses[1].write(step, trust)
        return losses[0].stack(), losses[1].stack()

    losses = train()
    of_generator.finalize_variable_values(generator.trainable_variables)
    for _ in range(50):
        generator(tf.random.normal(shape), training=True)
    return losses[0].numpy(), losses[1].numpy()
