"""The host programs of each profile, in the order in which they start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lakestead.lab import control_plane, images, node, ready
from lakestead.lab.control_plane import ETCD, SERVER
from lakestead.lab.network import NODE_ADDRESS
from lakestead.lab.process import Program
from lakestead.lab.ready import Check

Profile = Literal["api", "full"]

TOOLS = ("helm", "kubectl")
"""Builds that nothing here runs: Lakestead does, on the workstation."""


@dataclass(frozen=True, slots=True)
class HostProgram:
    """A host program: what it needs, and how one knows that it is ready.

    :param build: names of the ``[go.*]`` builds that it runs from.
    :param needs: programs that must be ready before.
    """

    name: str
    make: Callable[[], Program]
    check: Callable[[Program], Check]
    build: tuple[str, ...]
    needs: tuple[str, ...] = ()


def _url(url: str) -> Callable[[Program], Check]:
    return lambda _: ready.https(url)


_API = [
    HostProgram("etcd", control_plane.etcd, _url(f"{ETCD}/health"), ("etcd",)),
    HostProgram(
        "kube-apiserver",
        control_plane.kube_apiserver,
        _url(f"{SERVER}/readyz"),
        ("kubernetes",),
        ("etcd",),
    ),
    HostProgram(
        "kube-controller-manager",
        control_plane.kube_controller_manager,
        _url(f"https://{NODE_ADDRESS}:10257/healthz"),
        ("kubernetes",),
        ("kube-apiserver",),
    ),
    HostProgram(
        "kube-scheduler",
        control_plane.kube_scheduler,
        _url(f"https://{NODE_ADDRESS}:10259/healthz"),
        ("kubernetes",),
        ("kube-apiserver",),
    ),
]
_NODE = [
    HostProgram(
        "containerd",
        lambda: node.containerd(images.reference("pause")),
        ready.owned_socket,
        ("containerd", "cni"),
    ),
    HostProgram(
        "kubelet",
        node.kubelet,
        _url(f"https://{NODE_ADDRESS}:10250/healthz"),
        ("kubernetes-node",),
        ("containerd", "kube-apiserver"),
    ),
    HostProgram(
        "kube-proxy",
        node.kube_proxy,
        lambda _: ready.tcp(10256),
        ("kubernetes-node",),
        ("kube-apiserver",),
    ),
]


def host_programs(profile: Profile) -> list[HostProgram]:
    """The programs of a profile."""
    return _API if profile == "api" else _API + _NODE


def builds(profile: Profile) -> list[str]:
    """Names of the ``[go.*]`` builds of a profile."""
    run = dict.fromkeys(build for program in host_programs(profile) for build in program.build)
    return [*run, *(TOOLS if profile == "full" else ())]


def ports(profile: Profile) -> dict[int, str]:
    """Ports on the lab's address, and the program that listens there."""
    return control_plane.PORTS if profile == "api" else {**control_plane.PORTS, **node.PORTS}
