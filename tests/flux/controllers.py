"""Flux's own controllers as processes beside an API server of one's own: no node, no pods, real Flux."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.readiness import wait_ready
from lakestead.lab import flux_manifests
from lakestead.lab.golang import GoProgram
from lakestead.lab.versions import versions
from tests.api_server import ApiServer

PARTS = ("Namespace", "CustomResourceDefinition")


@contextmanager
def running(server: ApiServer, folder: Path) -> Iterator[None]:
    """Run source-, kustomize- and helm-controller; missing ones are built first, which takes minutes.

    + folder: for artifacts and logs
    """
    programs = [_program(name) for name in flux_manifests.CONTROLLERS]
    api = Api.from_kubeconfig(str(server.kubeconfig))
    everything = yaml.safe_load_all(flux_manifests.ensure().read_text())
    needed = [obj for obj in everything if obj["kind"] in PARTS]
    for obj in needed:
        api.apply(obj)
    wait_ready(api, [ObjectRef.of(obj) for obj in needed if obj["kind"] != "Namespace"], 30)
    with ExitStack() as ending:
        for program in programs:
            process = _start(program, server, folder)
            ending.callback(process.wait)
            ending.callback(process.terminate)
        yield


def _program(controller: str) -> Path:
    version = "v" + versions()["image"][f"flux-{controller}"]["version"]
    module = f"github.com/fluxcd/{controller}"
    program = GoProgram(f"flux-{controller}", module, version, [module], siblings=version)
    program.ensure()
    return program.program(controller)


def _start(program: Path, server: ApiServer, folder: Path) -> subprocess.Popen[bytes]:
    arguments = ["--watch-all-namespaces", "--events-addr=", "--metrics-addr=127.0.0.1:0"]
    arguments.append("--health-addr=127.0.0.1:0")
    if program.name == "source-controller":
        address = f"127.0.0.1:{_free_port()}"
        storage = folder / "artifacts"
        storage.mkdir()
        arguments += [f"--storage-path={storage}", f"--storage-addr={address}"]
        arguments.append(f"--storage-adv-addr={address}")
    environment = {
        **os.environ,
        "KUBECONFIG": str(server.kubeconfig),
        "RUNTIME_NAMESPACE": flux_manifests.NAMESPACE,
    }
    with (folder / f"{program.name}.log").open("wb") as log:
        return subprocess.Popen([program, *arguments], env=environment, stdout=log, stderr=log)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
