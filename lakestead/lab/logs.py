"""``lakestead lab logs``: the last lines of one part."""

from __future__ import annotations

from typing import cast

from lakestead.errors import LakesteadError
from lakestead.lab.manifests import manifests
from lakestead.lab.paths import lab_dir
from lakestead.lab.programs import Profile, host_programs
from lakestead.lab.up import lab_api, recorded_profile


def logs(part: str, lines: int) -> str:
    """The last lines of a host program, or of every container of the pods whose name begins so.

    :raises LakesteadError: naming the parts that there are.
    """
    names = [p.name for p in host_programs(cast(Profile, recorded_profile() or "full"))]
    if part in names:
        file = lab_dir() / "logs" / f"{part}.log"
        text = file.read_text(errors="replace") if file.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
    try:
        found = _pod_logs(part, lines)
        known = _pod_names()
    except LakesteadError as error:
        found, known = "", [f"(pods cannot be asked: {str(error).splitlines()[0]})"]
    if not found:
        raise LakesteadError(
            f"no part of the lab is called {part}",
            expected=f"one of {', '.join(names + known)}",
            do="lakestead lab status",
        )
    return found


def _namespaces() -> list[str]:
    return sorted({w["metadata"]["namespace"] for m in manifests() for w in m.workloads})


def _pod_names() -> list[str]:
    api = lab_api()
    return [pod["metadata"]["name"] for ns in _namespaces() for pod in api.list("v1", "Pod", ns)]


def _pod_logs(part: str, lines: int) -> str:
    api = lab_api()
    found = []
    for pod in api.list("v1", "Pod"):
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        if not name.startswith(part):
            continue
        for container in pod["spec"]["containers"]:
            log = api.logs(namespace, name, container=container["name"], tail=lines)
            found.append(f"--- {namespace}/{name} {container['name']}\n{log}")
    return "\n".join(found)
