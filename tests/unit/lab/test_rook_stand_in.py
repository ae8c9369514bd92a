"""When the lab's stand-in for Rook's operator calls an object store Ready."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from lakestead.lab.paths import PROJECT

OURS = 0x1014
NOT_FOUND = "<Error><Code>NoSuchBucket</Code><HostId>1014-default-default</HostId></Error>"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "rados", ModuleType("rados"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("rook_stand_in", str(PROJECT / "images/ceph/rook-stand-in"))
    module = module_from_spec(spec_from_loader(loader.name, loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    return module


class Gateway:
    """An HTTP server that gives one answer; also plays the API's and the cluster's part."""

    def __init__(self) -> None:
        self.answer = (404, NOT_FOUND)
        self.known = {OURS}
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, body = gateway.answer
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def service_address(self, name: str) -> tuple[str, int]:
        assert name == "rook-ceph-rgw-storage"
        return "127.0.0.1", self.server.server_port

    def sessions(self, entity: str) -> set[int]:
        assert entity == "client.rgw.storage.a"
        return self.known


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = Thread(target=made.server.serve_forever, args=[0.01])
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def store(**status: Any) -> dict[str, Any]:
    metadata = {"name": "storage", "namespace": "storage", "generation": 3}
    return {"kind": "CephObjectStore", "metadata": metadata, "status": status}


def look(stand_in: ModuleType, gateway: Gateway, before: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stand_in.new_status(
        before, stand_in.look_at_object_store, gateway, gateway
    )
    return found


def test_ready_where_a_gateway_of_this_cluster_asks_its_osds(
    stand_in: ModuleType, gateway: Gateway
) -> None:
    status = look(stand_in, gateway, store())
    assert status["phase"] == "Ready"
    assert status["observedGeneration"] == 3
    assert "rook-ceph-rgw-storage.storage.svc" in status["info"]["endpoint"]
    assert look(stand_in, gateway, store(**status)) == status  # nothing to write


@pytest.mark.parametrize(
    ("answer", "known", "reason"),
    [
        ((404, NOT_FOUND), set(), "NotThisCluster"),
        ((500, "<Error><Code>InternalError</Code></Error>"), {OURS}, "GatewayFails"),
        ((404, NOT_FOUND.replace("NoSuchBucket", "NoSuchKey")), {OURS}, "GatewayFails"),
        ((200, "<html>a web server</html>"), {OURS}, "GatewayFails"),
        ((200, "not XML"), {OURS}, "GatewayFails"),
    ],
)
def test_not_ready_where_the_answer_is_no_proof(
    stand_in: ModuleType,
    gateway: Gateway,
    answer: tuple[int, str],
    known: set[int],
    reason: str,
) -> None:
    gateway.answer, gateway.known = answer, known
    (condition,) = look(stand_in, gateway, store(phase="Ready"))["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", reason)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "Progressing"),
        ({"phase": "Progressing"}, "Progressing"),
        ({"phase": "Ready"}, "Failure"),
    ],
)
def test_away_is_a_failure_once_it_was_there(
    stand_in: ModuleType, gateway: Gateway, before: dict[str, Any], after: str
) -> None:
    gateway.server.socket.close()
    assert look(stand_in, gateway, store(**before))["phase"] == after
