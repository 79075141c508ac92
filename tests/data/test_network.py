import socket
import threading

import pytest

from keras_seq.data import network
from keras_seq.data.network import reaches_any


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    monkeypatch.setattr("urllib.request.getproxies", dict)


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/file.zip"


@pytest.fixture
def nobody():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"https://127.0.0.1:{port}/file.zip"  # closed again: nobody listens


def test_one_host_that_answers_is_enough(server, nobody):
    assert reaches_any([nobody, server])
    assert not reaches_any([nobody])
    assert not reaches_any([])


def test_a_host_that_never_answers_is_not_waited_for(monkeypatch, server):
    test_is_over = threading.Event()

    def hang(*_, **__):
        test_is_over.wait(60)
        raise OSError("gave up")

    monkeypatch.setattr(network.socket, "create_connection", hang)
    assert not reaches_any([server], seconds=0.05)
    test_is_over.set()


def test_the_proxy_of_the_environment_is_asked_instead(monkeypatch, server, nobody):
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: False)
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": server.removesuffix("/file.zip")})
    assert reaches_any([nobody])
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"http": nobody.split("//")[1].split("/")[0]})
    assert not reaches_any([server])


def test_ports_follow_the_scheme():
    urls = ("https://a.b/c", "http://a.b", "ftp://a.b/", "http://a.b:81")
    assert [network._address(url) for url in urls] == [
        ("a.b", 443),
        ("a.b", 80),
        ("a.b", 21),
        ("a.b", 81),
    ]
