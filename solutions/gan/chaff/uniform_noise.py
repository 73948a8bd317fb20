"""Wrong: trained with uniform noise from 0 to 1.

Fails: training_draws_new_noise, training_learns_the_ring
"""


def train_gan(generator, discriminator, data, *, steps, batch_size, seed):
    keras.utils.set_random_seed(seed)
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
            noise = tf.random.uniform(shape), tf.random.uniform(shape)
            doubt = discriminator_step(generator, discriminator, of_discriminator, real, noise[0])
            trust = generator_step(generator, discriminator, of_generator, noise[1])
            losses = losses[0].write(step, doubt), losses[1].write(step, trust)
        return losses[0].stack(), losses[1].stack()

    losses = train()
    of_generator.finalize_variable_values(generator.trainable_variables)
    for _ in range(50):
        generator(tf.random.normal(shape), training=True)
    return losses[0].numpy(), losses[1].numpy()
