"""What a homelab has before the platform comes, in the homelab repo: an Airflow of its own.

Not part of ``lakestead lab up``: phase 1 needs none, and it takes a gigabyte.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from lakestead.errors import LakesteadError
from lakestead.flux.kinds import flux_ref
from lakestead.flux.reconcile import Chain
from lakestead.gitops.git import Credential
from lakestead.gitops.repository import HomelabRepo, identity
from lakestead.gitops.session import cache_dir
from lakestead.kube.client import Api, ApiUnreachable
from lakestead.kube.pods import ready_pod
from lakestead.lab import charts, images, network, runtime, secrets
from lakestead.lab.up import lab_api

OWNER = identity("Anton", "anton@homelab.example")
"""Who has made the homelab: somebody else than Lakestead."""

_PATIENCE = 600  # seconds
_TEMPLATES = Path(__file__).with_name("homelab")
_DATABASE = """\
SELECT 'CREATE ROLE airflow' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'airflow') \\gexec
ALTER ROLE airflow LOGIN PASSWORD '{password}';
SELECT 'CREATE DATABASE airflow OWNER airflow'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'airflow') \\gexec
"""
_PSQL = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres"]


def add(part: str) -> Iterator[str]:
    """Make what is missing of a part; yields what was done.

    + part: ``airflow``

    Raises LakesteadError where the lab is not up.
    """
    api = lab_api()
    try:
        api.connect()
        postgresql = ready_pod(api, "databases", "statefulset/postgresql")
    except (ApiUnreachable, OSError) as error:
        raise LakesteadError(
            "The lab is not up", found=str(error).splitlines()[0], do="lakestead lab up"
        ) from None
    if images.reference(part) not in runtime.image_names():  # lab up --phase 1
        yield f"image {part} is built, unless it was before"
        runtime.import_image(images.ensure(part))
    _database(api, postgresql)
    yield f"database {part}, owned by role {part}"
    for obj in objects():
        api.apply(obj, field_manager="lakestead-lab")
    yield f"Secrets in namespace {part}; the user is admin, the password in {password_file()}"
    repo = _homelab()
    commit = _commit(repo, part)
    yield f"homelab repo: {commit or 'it is there already, and left as it is'}"
    if api.served("helm.toolkit.fluxcd.io/v2", "HelmRelease") is None:
        yield "Flux will install it as soon as phase 1 has brought Flux"
        return
    source, root, release = (
        flux_ref("GitRepository", "flux-system", "flux-system"),
        flux_ref("Kustomization", "flux-system", "flux-system"),
        flux_ref("HelmRelease", part, part),
    )
    yield "waits for Flux to install it"
    yield Chain(api, repo, source, root, release).reconcile(_PATIENCE, lambda said: None)


def files(part: str) -> dict[str, bytes]:
    """Path in the homelab repo → content."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return {
        f"kubernetes/apps/{name.removesuffix('.j2')}": environment.get_template(name)
        .render(
            address=network.SERVICE_ADDRESSES,
            image=images.reference(part),
            chart_version=charts.version(part),
        )
        .encode()
        for name in environment.list_templates(extensions=["j2"])
        if name.startswith(f"{part}/")
    }


def password_file() -> Path:
    """Where the password of Airflow's user ``admin`` is on this machine."""
    secrets.secret("airflow-admin-password")
    return secrets.path("airflow-admin-password")


def objects() -> list[dict[str, Any]]:
    """Airflow's namespace and Secrets."""
    password, admin = secrets.secret("airflow-database"), secrets.secret("airflow-admin-password")
    host = "postgresql.databases.svc.cluster.local"
    # Fernet takes 32 bytes, base64 with its padding.
    fernet = base64.urlsafe_b64encode(secrets.secret("airflow-fernet-key").encode()[:32]).decode()
    kept = {
        "airflow-metadata": {
            "connection": f"postgresql+psycopg2://airflow:{password}@{host}:5432/airflow"
        },
        "airflow-fernet-key": {"fernet-key": fernet},
        "airflow-jwt-secret": {"jwt-secret": secrets.secret("airflow-jwt-secret") * 2},
        "airflow-api-secret-key": {"api-secret-key": secrets.secret("airflow-api-secret-key") * 2},
        "airflow-passwords": {
            "passwords.json": json.dumps({"admin": admin}),
            "username": "admin",
            "password": admin,
        },
    }
    namespace: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "airflow",
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    }
    made: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": "airflow"},
            "stringData": data,
        }
        for name, data in kept.items()
    ]
    return [namespace, *made]


def _database(api: Api, pod: str) -> None:
    sql = _DATABASE.format(password=secrets.secret("airflow-database"))
    done = api.exec("databases", pod, _PSQL, stdin=sql.encode())
    if done.rc:
        raise LakesteadError("Airflow's database cannot be made", found=done.stderr.decode())


def _homelab() -> HomelabRepo:
    url = f"http://{network.SERVICE_ADDRESSES['git']}/homelab.git"
    return HomelabRepo(
        url, "main", cache_dir(), Credential("lakestead", secrets.secret("git-password"))
    )


def _commit(repo: HomelabRepo, part: str) -> str:
    snapshot = repo.fetch()
    missing = {p: text for p, text in files(part).items() if p not in snapshot.entries}
    if not missing:
        return ""
    message = f"Add {part}\n\nThe homelab's own, as it is before the platform comes.\n"
    commit = repo.publish(snapshot, missing, message, identity=OWNER)
    return f"{len(missing)} files in commit {commit[:8]}, by Anton"
