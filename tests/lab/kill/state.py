"""What phase 1 has left in the lab, without what differs between any two labs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from lakestead.kube.client import Api
from lakestead.lab.golang import go_program
from lakestead.lab.paths import lab_dir
from tests.lab.kill.proxy import RANDOM

PROJECT = Path(__file__).parents[3]
MADE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)|-[0-9a-f]{8,10}-[a-z0-9]{5}\b"
)
# Kinds that come and go by themselves, and whose names or content are made up by controllers.
LIVING = {
    "Event",
    "Job",  # of the CronJob of backups, by the clock
    "Lease",
    "Endpoints",
    "EndpointSlice",
    "Pod",
    "ReplicaSet",
    "ControllerRevision",
    "Node",
    "CSINode",
    "ComponentStatus",
    "APIService",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "IPAddress",
    "PodMetrics",
}
# Names in buckets: folders, and backups.
IGNORED = re.compile(r"/$|^metastore/\d{8}-")
# Of an entry in a bucket's index: neither an older version nor a part of an upload.
CURRENT = 2
# Fields that are made up, or follow from others.
GENERATED = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "status",
    "clusterIP",
    "clusterIPs",
    "data",
    "caBundle",
    "volumeName",
    "modifiedAt",
    "secrets",
}


def state_of(folder: Path) -> dict[str, Any]:
    """All that can be compared.

    + folder: of the lab
    """
    api = Api.from_kubeconfig(str(folder / "kubeconfig"), "lakestead-lab")
    return {
        "objects": objects(api),
        "repo": repo(folder),
        "buckets": {b["bucket"]: bucket(b) for b in admin("bucket", "stats") if b["bucket"]},
        "lifecycle": {
            name: admin("lc", "get", f"--bucket={name}") for name in sorted(admin("bucket", "list"))
        },
        "users": {uid: user(uid) for uid in sorted(admin("user", "list"))},
        "roles": sql("select rolname, rolcanlogin, rolsuper, rolcreatedb from pg_roles order by 1"),
        "databases": sql(
            "select datname, rolname from pg_database d join pg_roles r on datdba = r.oid order by 1"
        ),
        "table": table(),
    }


def objects(api: Api) -> dict[str, Any]:
    """Every object in every namespace: kind, name, labels, spec; a Secret's keys, not its values."""
    found = {}
    for version, kind in kinds(api):
        if kind in LIVING:
            continue
        for obj in api.list(version, kind):
            metadata = obj["metadata"]
            name = f"{kind} {metadata.get('namespace', '')}/{metadata['name']}"
            if kind == "Secret" and "sh.helm.release" in metadata["name"]:
                name = f"{name} ({(metadata.get('labels') or {}).get('status')})"
            found[MADE.sub("*", name)] = {
                **_clean(
                    {k: v for k, v in obj.items() if k not in ("metadata", "kind", "apiVersion")}
                ),
                "labels": _clean(metadata.get("labels") or {}),
                "keys": sorted(obj.get("data") or {}),
            }
    return found


def kinds(api: Api) -> list[tuple[str, str]]:
    """Each kind that can be listed, in its preferred version."""
    versions = ["v1"] + [
        g["preferredVersion"]["groupVersion"] for g in api.raw("GET", "/apis")["groups"]
    ]
    found = []
    for version in versions:
        path = "/api/v1" if version == "v1" else f"/apis/{version}"
        for resource in api.raw("GET", path)["resources"]:
            listed = "/" not in resource["name"] and "list" in resource["verbs"]
            if listed and version != "events.k8s.io/v1":
                found.append((version, resource["kind"]))
    return found


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _clean(v) for k, v in sorted(value.items()) if k not in GENERATED}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return MADE.sub("*", value) if isinstance(value, str) else value


def repo(folder: Path) -> dict[str, Any]:
    """The homelab repo: its files, but for the cluster's own id in them, and its commits."""
    (path,) = (folder / "data").glob("git*/**/homelab.git")

    def git(*arguments: str) -> list[str]:
        command = ["git", "-c", "safe.directory=*", "-C", str(path), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    return {
        "files": {
            path: MADE.sub("*", "\n".join(git("show", f"main:{path}")))
            for path in git("ls-tree", "-r", "--name-only", "main")
        },
        "commits": git("log", "--format=%s", "--reverse", "main"),
        "branches": git("for-each-ref", "--format=%(refname)"),
    }


def bucket(stats: dict[str, Any]) -> dict[str, Any]:
    """A bucket's settings and what is in it; files of commits that were never made count once.

    Backups are made by the clock.
    """
    entries = admin("bucket", "list", f"--bucket={stats['bucket']}", "--max-entries=10000")
    current = {e["name"] for e in entries if e["exists"] and e["flags"] & CURRENT}
    return {
        "owner": stats["owner"],
        "versioning": stats.get("versioning"),
        "quota": stats["bucket_quota"],
        "files": sorted({RANDOM.sub("*", name) for name in current if not IGNORED.search(name)}),
    }


def user(uid: str) -> dict[str, Any]:
    """A user without its keys."""
    info = admin("user", "info", f"--uid={uid}")
    kept = ("display_name", "suspended", "max_buckets", "caps", "user_quota", "bucket_quota")
    return {**{k: info[k] for k in kept}, "keys": len(info["keys"])}


def admin(*arguments: str) -> Any:
    """The answer of radosgw-admin in the toolbox."""
    done = _exec("storage", "deploy/rook-ceph-tools", "radosgw-admin", *arguments, "--format=json")
    return json.loads(done)


def sql(query: str) -> list[str]:
    """Rows of a query."""
    return _exec(
        "databases", "statefulset/postgresql", "psql", "-U", "postgres", "-Atc", query
    ).splitlines()


def _exec(namespace: str, workload: str, *command: str) -> str:
    kubectl = go_program("kubectl").program("kubectl")

    done = subprocess.run(
        [
            kubectl,
            "--kubeconfig",
            lab_dir() / "kubeconfig",
            "-n",
            namespace,
            "exec",
            workload,
            "--",
            *command,
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[:3]}: {done.stderr[-500:]}")
    return done.stdout


def table() -> dict[str, Any]:
    """Snapshots and rows of the Iceberg table, read by another program."""
    program = Path(__file__).parents[1] / "read_table.py"
    done = subprocess.run([sys.executable, program], cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        return {"error": done.stderr[-500:]}
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ; what is equal is left out."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in sorted({*one, *other}):
            if key not in one or key not in other:
                found.append(
                    f"{path}/{key}: only in {'the undisturbed' if key in one else 'this'} one"
                )
            else:
                found += differences(one[key], other[key], f"{path}/{key}")
        return found
    return [] if one == other else [f"{path}: {str(one)[:300]} → {str(other)[:300]}"]
