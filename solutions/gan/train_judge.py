"""Train the judge of a data set: ``python solutions/gan/train_judge.py centred_digits``.

It has to be done once for a data set; another judge gives other figures, so calibrate again after it.
"""

import json
import sys
from pathlib import Path

import keras
from keras import layers

from autograder import datasets
from autograder.checks.generative import CLASSES, Judge, deviation_of, feature_network

EPOCHS = {"centred_digits": 15, "mnist": 4}


def train(dataset: datasets.Dataset, epochs: int) -> tuple[Judge, float]:
    """Return a judge, and its accuracy on the held-out images."""
    keras.utils.set_random_seed(0)
    features = keras.saving.deserialize_keras_object(feature_network())
    model = keras.Sequential([features, layers.Dense(CLASSES, activation="softmax", name="classes")])
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(dataset.train.images, dataset.train.labels, epochs=epochs, batch_size=32, verbose=0)
    _, accuracy = model.evaluate(dataset.test.images, dataset.test.labels, verbose=0)
    seen = features.predict(dataset.train.images, verbose=0)
    kernel, bias = model.get_layer("classes").get_weights()
    judge = Judge(tuple(features.get_weights()), kernel, bias, seen.mean(axis=0), deviation_of(seen))
    return judge, round(float(accuracy), 4)


def main(names: list[str]) -> None:
    """Train and write the judge of each data set named."""
    for name in names or ["centred_digits"]:
        dataset = datasets.load(name)
        judge, accuracy = train(dataset, EPOCHS[name])
        judge.save(Path(__file__).parent, dataset, accuracy)
        sys.stdout.write(f"{name}: {json.dumps({'accuracy': accuracy, 'digest': judge.digest})}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
