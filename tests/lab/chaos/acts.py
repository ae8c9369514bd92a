"""How faults are made, and how they are mended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from lakestead.kube.client import ObjectRef
from lakestead.kube.status import status
from lakestead.lab import cgroup, up
from lakestead.lab.process import start_time
from tests.lab.chaos.belongings import git
from tests.lab.chaos.fault import Act
from tests.lab.chaos.scene import PROJECT, SOURCE, Scene, surroundings, wait_until

FLUX = "flux-system"
PLATFORM = "data-platform"
GIT = ("git", "git-server")
EDITED = "7m"
HEALTHY_WITHIN = 150.0
USUAL = {"nearfull": 0.85, "backfillfull": 0.9, "full": 0.95}
FULL = {"nearfull": 0.0001, "backfillfull": 0.00011, "full": 0.00012}
CEPH = ("storage", "deploy/rook-ceph-tools", "ceph", "--connect-timeout=10")
WORKING = (
    *[("apps/v1", "Deployment", name, FLUX) for name in ("source-controller", "helm-controller")],
    ("apps/v1", "Deployment", "kustomize-controller", FLUX),
    ("apps/v1", "Deployment", "hive-metastore", PLATFORM),
)


def host_program(name: str) -> list[int]:
    """The process of a host program of the lab."""
    return [pid for pid in cgroup.processes(cgroup.HOST) if _executable(pid) == name]


def pod_program(name: str) -> list[int]:
    """The processes of a program in the lab's pods."""
    return [pid for pid in cgroup.processes(f"{cgroup.ROOT}/kubepods") if _executable(pid) == name]


def killed(name: str) -> Act:
    """``kill -9`` of a host program."""
    return lambda scene: kill(host_program(name))


def killed_in_pod(name: str) -> Act:
    """``kill -9`` of a program in a pod: the kubelet starts it again."""
    return lambda scene: kill(pod_program(name))


def stopped(name: str) -> Act:
    """SIGSTOP: it is there, holds its connections, and does nothing."""
    return lambda scene: _signal(host_program(name), signal.SIGSTOP)


def continued(scene: Scene) -> None:
    """SIGCONT to every process of the lab."""
    _signal(cgroup.processes(cgroup.HOST), signal.SIGCONT)


def node_goes_on(scene: Scene) -> None:
    """SIGCONT, and the node takes pods again: until its taints are gone it has no room for one."""
    began = datetime.now(UTC)
    continued(scene)

    def takes_pods() -> bool:
        [node] = scene.api().list("v1", "Node")
        [lease] = scene.api().list("coordination.k8s.io/v1", "Lease", "kube-node-lease")
        [ready] = [c for c in node["status"]["conditions"] if c["type"] == "Ready"]
        renewed = datetime.fromisoformat(lease["spec"]["renewTime"])
        return renewed >= began and ready["status"] == "True" and not node["spec"].get("taints")

    wait_until(takes_pods, 90)


def lab_up(scene: Scene) -> None:
    """What starts what is missing: on a homelab systemd or the kubelet does it."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lakestead")), "lab", "up"],
        cwd=PROJECT,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr)


def disk_full(scene: Scene) -> None:
    """Ceph takes its OSD for full: the ratios are set below what is used."""
    _ratios(scene, FULL)
    if not wait_until(lambda: "OSD_FULL" in scene.exec(*CEPH, "health", "detail"), 40):
        raise RuntimeError(scene.exec(*CEPH, "health", "detail"))


def disk_freed(scene: Scene) -> None:
    """The ratios as they were."""
    _ratios(scene, USUAL)
    wait_until(lambda: "FULL" not in scene.exec(*CEPH, "health", "detail"), 60)


def git_down(scene: Scene) -> None:
    """No pod of the Git server."""
    _scale(scene, *GIT, 0)
    wait_until(lambda: not scene.api().list("v1", "Pod", GIT[0]), 60)


def git_up(scene: Scene) -> None:
    """The Git server's pod again."""
    _scale(scene, *GIT, 1)


def history_rewritten(scene: Scene) -> None:
    """Somebody amends the newest commit and pushes it with force."""
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    who = git("log", "-1", "--format=%an%n%ae", "main").splitlines()
    subject = git("log", "-1", "--format=%B", "main")
    made = git(
        *("commit-tree", "main^{tree}", "-p", "main~1", "-m", subject + "\n\nAmended."),
        **dict(zip(names, (*who, *who), strict=True)),
    )
    git("update-ref", "refs/heads/main", made)


def suspended(scene: Scene) -> None:
    """``flux suspend kustomization`` of the metastore's."""
    _suspend(scene, True)


def resumed(scene: Scene) -> None:
    """``flux resume`` of it."""
    _suspend(scene, False)


def deleted(namespace: str, name: str) -> Act:
    """``kubectl delete secret``."""
    return lambda scene: _deleted(scene, namespace, name)


def edited(scene: Scene) -> None:
    """``kubectl edit`` of a field that Lakestead has set."""
    _write(scene, SOURCE, {"spec": {"interval": EDITED}}, "kubectl-edit")


def deleted_edited(scene: Scene) -> None:
    """``kubectl delete`` of what was edited: the next run makes it anew."""
    if scene.turn() == EDITED:
        scene.api().delete(SOURCE)


def scaled_away(scene: Scene) -> None:
    """``kubectl scale --replicas=0`` of the metastore."""
    _scale(scene, PLATFORM, "hive-metastore", 0)
    wait_until(lambda: not pod_program("java"), 60)


def scaled_back(scene: Scene) -> None:
    """And back."""
    _scale(scene, PLATFORM, "hive-metastore", 2)


def second_operator(scene: Scene) -> None:
    """Somebody else starts the same; as a run that has begun, not only been typed."""
    scene.second = scene.start(scene.interval)
    lease = ObjectRef("coordination.k8s.io/v1", "Lease", "lakestead", "kube-system")
    ended = scene.second.process
    wait_until(lambda: scene.api().get(lease) or ended.poll() is not None, 60, 0.05)


def proxy_becomes(mode: str) -> Act:
    """The way to the API becomes slow, lossy, or shows an expired certificate."""
    return lambda scene: scene.proxy.become(mode)  # type: ignore[arg-type]


def clock_jumps(offset: str) -> Act:
    """The clock of the run's processes; nobody else's."""
    return lambda scene: scene.set_clock(offset)


def nothing(scene: Scene) -> None:
    """The fault is there already."""


def lacking(scene: Scene) -> str:
    """What is not well in the lab, "" if nothing."""
    if missing := up.missing("full"):
        return missing
    api = scene.api()
    for api_version, kind, name, namespace in WORKING:
        state = status(api.get(ObjectRef(api_version, kind, name, namespace)))
        if not state.ready:
            return f"{kind} {name}: {state.reason}"
    return "" if "HEALTH_ERR" not in scene.exec(*CEPH, "health") else "Ceph's health"


def well(scene: Scene, within: float = HEALTHY_WITHIN) -> bool:
    """Wait until everything works again."""
    return wait_until(lambda: not lacking(scene), within)


def heal(scene: Scene) -> None:
    """Everything that could be needed, whatever was broken: of a fault that was interrupted."""
    continued(scene)
    scene.proxy.become("plain")
    scene.set_clock("+0")
    lab_up(scene)
    for act in (git_up, resumed, deleted_edited, scaled_back):
        with suppress(Exception):
            act(scene)
    if "FULL" in scene.exec(*CEPH, "health", "detail"):
        disk_freed(scene)


def kill(pids: list[int]) -> None:
    """SIGKILL, and wait until they are gone."""
    if not pids:
        raise RuntimeError("it does not run")
    wanted = {pid: start_time(pid) for pid in pids}
    _signal(pids, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(s and start_time(pid) == s for pid, s in wanted.items()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{pids} are not gone")
        time.sleep(0.02)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _executable(pid: int) -> str:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
    except OSError:
        return ""


def _ratios(scene: Scene, ratios: dict[str, float]) -> None:
    names = sorted(ratios, key=lambda name: ratios[name], reverse=ratios is USUAL)
    for name in names:
        scene.exec(*CEPH, "osd", f"set-{name}-ratio", str(ratios[name]))


def _scale(scene: Scene, namespace: str, name: str, replicas: int) -> None:
    ref = ObjectRef("apps/v1", "Deployment", name, namespace)
    scene.api().patch(ref, {"spec": {"replicas": replicas}}, subresource="scale")


def _suspend(scene: Scene, suspend: bool) -> None:
    ref = ObjectRef("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "hive-metastore", FLUX)
    _write(scene, ref, {"spec": {"suspend": suspend}}, "flux")


def _write(scene: Scene, ref: ObjectRef, body: object, manager: str) -> None:
    resource = scene.api().served(ref.api_version, ref.kind)
    if resource is None:
        raise RuntimeError(f"{ref} is not served")
    scene.api().raw(
        "PATCH",
        resource.path(ref.namespace, ref.name),
        query={"fieldManager": manager},
        body=body,
        headers={"Content-Type": "application/merge-patch+json"},
    )


def _deleted(scene: Scene, namespace: str, name: str) -> None:
    if not scene.api().delete(ObjectRef("v1", "Secret", name, namespace)):
        raise RuntimeError(f"no Secret {namespace}/{name}")
