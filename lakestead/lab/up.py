"""``lakestead lab up``: bring the lab up, or heal what is missing of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.lab import (
    cgroup,
    charts,
    down,
    flux_manifests,
    images,
    network,
    owner,
    pods,
    preflight,
    ready,
    runtime,
)
from lakestead.lab.control_plane import CONTEXT, write_admin_kubeconfig
from lakestead.lab.golang import go_program
from lakestead.lab.manifests import Manifest, manifests
from lakestead.lab.paths import kubeconfig, lab_dir
from lakestead.lab.programs import TOOLS, HostProgram, Profile, builds, host_programs
from lakestead.lab.progress import progress
from lakestead.lab.steps import Part, Step, run

Say = Callable[[str], None]

_PODS_PATIENCE = 300  # seconds; Ceph's first start on a busy machine is the slowest


def up(profile: Profile, phase: int = images.PHASES) -> list[Part]:
    """Bring the lab up.

    :param phase: the last one that it is to have images for.
    :return: the steps that were done with their times; none where it was up already.
    :raises LakesteadError: where the machine cannot run it.
    :raises StepFailed: where a step failed; the next call goes on from there.
    """
    preflight.check(profile, running=bool(cgroup.processes()), phase=phase)
    with owner.alone("up"):
        profile = "full" if recorded_profile() == "full" and cgroup.processes() else profile
        if not missing(profile, phase):
            return []
        if not cgroup.processes():
            down.clear()
        owner.claim()
        cgroup.create()
        with progress() as listener:
            parts = run(_steps(profile, phase), listener)
        _record(profile)
        return parts


def missing(profile: Profile, phase: int = images.PHASES) -> str:
    """What the lab lacks to be up in this profile, "" if nothing; changes nothing."""
    state = _state()
    if state.get("profile") not in (profile, "full"):
        return f"not brought up as {profile} yet"
    if profile == "full" and state.get("manifests") != _digest():
        return "the manifests have changed since"
    if not network.is_up():
        return "the network"
    programs = host_programs(profile)
    with ThreadPoolExecutor(max_workers=len(programs)) as pool:
        for program, lacking in zip(programs, pool.map(lacks, programs), strict=True):
            if lacking:
                return f"{program.name}: {lacking}"
    if profile == "full":
        if absent := images_absent(phase):
            return f"image {absent[0]}"
        if unbuilt := [tool for tool in TOOLS if not go_program(tool).entry.path.exists()]:
            return f"program {unbuilt[0]}"
        for manifest in manifests():
            if lacking := pods.missing(lab_api(), manifest):
                return lacking
    return ""


def lacks(program: HostProgram) -> str:
    """What a host program lacks to be ready, "" if nothing."""
    made = program.make()
    return "not running" if made.running() is None else program.check(made)()


def lab_api() -> Api:
    """The API of the lab's cluster."""
    return Api.from_kubeconfig(str(kubeconfig()), CONTEXT)


def images_absent(phase: int) -> list[str]:
    """Components whose image containerd does not have, of those that phases up to this one run."""
    there = runtime.image_names()
    return [c for c in images.components(phase) if images.reference(c) not in there]


def recorded_profile() -> str:
    """Profile that the lab was last brought up in, "" if never."""
    return str(_state().get("profile", ""))


def _steps(profile: Profile, phase: int) -> list[Step]:
    programs = host_programs(profile)
    steps = [Step("network", lambda say: network.up())]
    steps += [Step(f"build {name}", _builder(name), lane="compile") for name in builds(profile)]
    steps += [_start(program) for program in programs]
    if profile == "full":
        steps += _image_steps(phase) + _pod_steps()
    return steps


def _builder(name: str) -> Callable[[Say], None]:
    def build(say: Say) -> None:
        go_program(name).ensure(say)

    return build


def _start(program: HostProgram) -> Step:
    def start(say: Say) -> None:
        made = program.make()
        if program.name == "kube-apiserver":
            write_admin_kubeconfig()
        if made.start():
            say("started")
        ready.wait_for(made, program.check(made), say)

    needs = ("network", *(f"build {build}" for build in program.build), *program.needs)
    return Step(program.name, start, needs)


def _image_steps(phase: int) -> list[Step]:
    steps = []
    for component in images.components(phase):
        lane = "compile" if images.compiles(component) else "image"
        steps.append(Step(f"image {component}", _image(component), lane=lane))
        needed = (f"image {component}", "containerd")
        steps.append(Step(f"import {component}", _import(component), needed, lane="import"))
    flux = tuple(f"image {c}" for c in images.components(phase) if c.startswith("flux-"))
    steps.append(Step("flux manifests", lambda say: _none(flux_manifests.ensure()), flux))
    steps.append(Step("charts", lambda say: _none(charts.ensure())))
    return steps


def _none(_: object) -> None:
    return None


def _image(component: str) -> Callable[[Say], None]:
    return lambda say: _none(images.ensure(component, say))


def _import(component: str) -> Callable[[Say], None]:
    def import_image(say: Say) -> None:
        if images.reference(component) not in runtime.image_names():
            runtime.import_image(images.archive(component))

    return import_image


def _pod_steps() -> list[Step]:
    steps = [Step("node", _wait_for_node, ("kubelet", "import pause"))]
    first: tuple[str, ...] = ()
    for manifest in manifests():
        needs = ("node", "kube-proxy", *(f"import {c}" for c in sorted(manifest.images)), *first)
        needs += ("charts",) if manifest.name == "git-server" else ()
        steps.append(Step(manifest.name, _deploy(manifest), needs))
        if manifest.name in ("base", "coredns"):
            first = (manifest.name,)
    return steps


def _wait_for_node(say: Say) -> None:
    api = lab_api()
    deadline = time.monotonic() + _PODS_PATIENCE
    while True:
        node = api.get(ObjectRef("v1", "Node", network.NODE_NAME)) or {}
        conditions = {c["type"]: c for c in node.get("status", {}).get("conditions", [])}
        if conditions.get("Ready", {}).get("status") == "True":
            return
        reason = conditions.get("Ready", {}).get("message", "the kubelet has not registered it yet")
        say(f"waits for the node: {reason}")
        if time.monotonic() > deadline:
            raise LakesteadError(
                "the node did not become Ready", found=reason, do="lakestead lab logs kubelet"
            )
        time.sleep(0.2)


def _deploy(manifest: Manifest) -> Callable[[Say], None]:
    def deploy(say: Say) -> None:
        api = lab_api()
        manifest.apply(api)
        deadline = time.monotonic() + _PODS_PATIENCE
        while lacking := pods.missing(api, manifest):
            say(f"waits for {lacking}")
            pods.replace_outdated(api, manifest)
            if time.monotonic() > deadline:
                raise LakesteadError(
                    f"{manifest.name} was not ready within {_PODS_PATIENCE} s",
                    found=f"{lacking}\n{pods.last_lines(api, manifest)}",
                    do="lakestead lab status; lakestead lab logs POD",
                )
            time.sleep(0.3)

    return deploy


def _state() -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((lab_dir() / "state.json").read_text())
    except (OSError, ValueError):
        return {}
    return state


def _record(profile: Profile) -> None:
    state = {"profile": profile, "manifests": _digest() if profile == "full" else ""}
    partial = lab_dir() / "state.json.partial"
    partial.write_text(json.dumps(state))
    partial.rename(lab_dir() / "state.json")


def _digest() -> str:
    text = json.dumps([manifest.objects for manifest in manifests()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
