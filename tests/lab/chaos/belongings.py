"""What the user has: looked at before and after a fault, to say what was lost or is there twice."""

from __future__ import annotations

import base64
import json
import os
import runpy
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from pyiceberg.catalog import load_catalog

from lakestead.kube.client import Api, ObjectRef
from lakestead.lab.paths import lab_dir
from tests.lab.chaos.scene import PROJECT, Scene

GOALS = "docs/data-platform/bootstrap/goals.json"
KINDS = (
    ("v1", "Namespace"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
    ("v1", "Service"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
)
OWN_OBJECTS = {f"chaos/{number:02}": os.urandom(64).hex().encode() for number in range(20)}


@dataclass(frozen=True, slots=True)
class Belongings:
    """All that must be there afterwards.

    + objects: key in the bucket → ETag
    + table: snapshot → rows
    + head: newest commit of the homelab repo
    + files: path in it → blob
    + goals: goals.json
    + names: objects of Kubernetes, roles, databases, users with their number of keys, buckets
    """

    objects: dict[str, str]
    table: dict[str, int]
    head: str
    files: dict[str, str]
    goals: str
    names: tuple[str, ...]


def look(scene: Scene) -> Belongings:
    """Look at everything, by other means than Lakestead's own."""
    api = scene.api()
    s3, options = _s3(api)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="lakehouse")
    found = [(o["Key"], o["ETag"]) for page in pages for o in page.get("Contents", [])]
    objects = {key: tag for key, tag in found if not key.startswith("_lakestead/")}  # our own marks
    head = git("rev-parse", "main")
    tree = [line.split(None, 3) for line in git("ls-tree", "-r", "main").splitlines()]
    files = {path: blob for _, _, blob, path in tree}
    goals = git("show", f"main:{GOALS}") if GOALS in files else ""
    return Belongings(
        objects, _table(options), head, files, goals, tuple(sorted(_names(scene, api)))
    )


def lost(before: Belongings, after: Belongings, *, rewritten: bool = False) -> list[str]:
    """What is gone, altered or there twice; nothing where all is well.

    + rewritten: the fault itself has rewritten the history of the homelab repo
    """
    found = [
        f"object {key}: {'altered' if key in after.objects else 'gone'}"
        for key, tag in before.objects.items()
        if after.objects.get(key) != tag
    ]
    found += [
        f"snapshot {snapshot}: {after.table.get(snapshot)} rows, not {rows}"
        for snapshot, rows in before.table.items()
        if after.table.get(snapshot) != rows
    ]
    found += [f"snapshot {snapshot} more" for snapshot in after.table.keys() - before.table.keys()]
    if not rewritten and not _follows(before.head, after.head):
        found.append(f"commit {before.head[:8]} of the homelab repo")
    found += [
        f"file {path} of the homelab repo" for path in before.files.keys() - after.files.keys()
    ]
    found += [f"file {path} more" for path in after.files.keys() - before.files.keys()]
    if before.goals != after.goals:
        found.append("goals.json differs")
    found += [f"{name}: gone" for name in before.names if name not in after.names]
    found += [f"{name}: more than before" for name in after.names if name not in before.names]
    return found


def leave_objects(scene: Scene) -> None:
    """Put objects of the user's own into the bucket, unless they are there."""
    s3, _ = _s3(scene.api())
    there = s3.list_objects_v2(Bucket="lakehouse", Prefix="chaos/").get("Contents", [])
    for key, content in OWN_OBJECTS.items() if not there else ():
        s3.put_object(Bucket="lakehouse", Key=key, Body=content)


def repository() -> Path:
    """The homelab repo as its server has it."""
    (path,) = (lab_dir() / "data").glob("git*/**/homelab.git")
    return path


def git(*arguments: str, **environment: str) -> str:
    """What Git says in the homelab repo, run as the user of its server."""
    path = repository()
    owner = path.stat()
    return subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(path), *arguments],
        capture_output=True,
        text=True,
        check=True,
        user=owner.st_uid,
        group=owner.st_gid,
        extra_groups=[],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
    ).stdout.strip()


def _follows(before: str, after: str) -> bool:
    return git("merge-base", before, after) == before


def _s3(api: Api) -> tuple[Any, dict[str, str]]:
    settings = runpy.run_path(str(PROJECT / "group_data" / "lab.py"))["object_storage"]
    namespace, _, name = settings["user"]["secret"].partition("/")
    data = (api.get(ObjectRef("v1", "Secret", name, namespace)) or {})["data"]
    key, secret = (
        base64.b64decode(data[k]).decode() for k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    )
    client = boto3.client(
        "s3",
        endpoint_url=settings["endpoint"],
        region_name=settings["region"],
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 2}),
    )
    options = {
        "s3.endpoint": settings["endpoint"],
        "s3.region": settings["region"],
        "s3.access-key-id": key,
        "s3.secret-access-key": secret,
        "s3.force-virtual-addressing": "false",
        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
    }
    return client, options


def _table(options: dict[str, str]) -> dict[str, int]:
    """Every snapshot of phase 1's table, read in full."""
    settings = runpy.run_path(str(PROJECT / "group_data" / "lab.py"))["iceberg"]
    catalog = load_catalog("lab", type="hive", uri=settings["thrift"], **options)
    table = catalog.load_table((settings["namespace"], settings["table"]))
    return {
        str(s.snapshot_id): table.scan(snapshot_id=s.snapshot_id).to_arrow().num_rows
        for s in table.snapshots()
    }


def _names(scene: Scene, api: Api) -> Iterator[str]:
    for version, kind in KINDS:
        for obj in api.list(version, kind):
            metadata = obj["metadata"]
            if not metadata["name"].startswith("sh.helm.release"):
                yield f"{kind} {metadata.get('namespace', '')}/{metadata['name']}"
    queries = {
        "role": "select rolname from pg_roles",
        "database": "select datname from pg_database",
    }
    for what, query in queries.items():
        said = scene.exec(
            "databases", "statefulset/postgresql", "psql", "-U", "postgres", "-Atc", query
        )
        yield from (f"{what} {name}" for name in said.split())
    admin = ("storage", "deploy/rook-ceph-tools", "radosgw-admin", "--rados-osd-op-timeout=20")
    for bucket in json.loads(scene.exec(*admin, "bucket", "list")):
        yield f"bucket {bucket}"
    for uid in json.loads(scene.exec(*admin, "user", "list")):
        user = json.loads(scene.exec(*admin, "user", "info", f"--uid={uid}"))
        yield f"user {uid} with {len(user['keys'])} keys"
