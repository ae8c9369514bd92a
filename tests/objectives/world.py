"""A homelab in small for whole commands: a real API server, a real Git server, a project folder.

Its one stack has two objectives, declared as a user would declare them, in files of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner
from pyinfra_cli.util import PYTHON_CODES

from lakestead.cli import cli
from lakestead.errors import LakesteadError
from lakestead.kube import session
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.wait import wait_for
from lakestead.lab.golang import go_program
from lakestead.objectives.goals import PATH
from tests.api_server import CONTEXT, ApiServer
from tests.unit.git_server.conftest import PASSWORD, Server

KUBECTL = go_program("kubectl").program("kubectl")
"""Where it is before a test has a cache of its own."""
LAKESTEAD = Path(sys.executable).with_name("lakestead")

GROUP_DATA = """
kube = {{"kubeconfig": {kubeconfig!r}, "context": {context!r}}}
allocations = {{"hive-metastore": {{"cpu": "200m", "memory": "4Gi"}}}}
capacity = {{"free": {{"cpu": "500m", "memory": "1Gi"}}}}
review = {{"parts": []}}
object_storage = {{
    "namespace": "storage",
    "object_store": "storage",
    "endpoint": "http://127.0.0.1:9",
    "cluster_endpoint": "http://s3.storage.svc:80",
    "admin": {{"uid": "lakestead-admin", "secret": "storage/admin"}},
    "user": {{"uid": "lakehouse", "display_name": "Lakehouse", "secret": "data-platform/lakehouse-s3"}},
    "buckets": {{"lakehouse": {{}}}},
}}
gitops = {{"url": {url!r}, "username": "lakestead", "password": {{"file": {password!r}}}}}
flux = {{"manifests": "flux.yaml", "kubectl": {kubectl!r}}}
metastore = {{
    "image": "localhost/hive-metastore:test",
    "database": {{"host": "postgresql.databases.svc"}},
    "warehouse": {{"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/external"}},
}}
iceberg = {{
    "thrift": "thrift://127.0.0.1:9083",
    "warehouse": "s3a://lakehouse/external/lakestead.db",
}}
"""


class World:
    """One project, its cluster and its homelab repo."""

    def __init__(self, folder: Path, api_server: ApiServer, server: Server) -> None:
        self.folder = folder
        self.api = Api.from_kubeconfig(str(api_server.kubeconfig))
        self.repository = server.repository
        self.namespace = f"world-{int(folder.name):03}"
        (folder / "inventories").mkdir()
        (folder / "group_data").mkdir()
        (folder / "password").write_text(PASSWORD)
        (folder / "inventories/homelab.py").write_text(
            f'cluster = ["@kube/{CONTEXT}"]\nworkstation = ["@local"]\n'
        )
        self.data = folder / "group_data/homelab.py"
        self.data.write_text(
            GROUP_DATA.format(
                kubeconfig=str(api_server.kubeconfig),
                context=CONTEXT,
                url=server.url,
                kubectl=str(KUBECTL),
                password=str(folder / "password"),
            )
        )

    def make_namespace(self) -> None:
        """There are no controllers, so nothing would finish its deletion: it is not the stack's."""
        self.apply("{apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE}}")

    def run(self, command: str, *arguments: str) -> tuple[int, str]:
        """A command of Lakestead's in this process: exit code, and what it printed or refused with."""
        # As a process of its own: what a command before has read is not known to this one.
        PYTHON_CODES.clear()
        session._apis.clear()
        options = ["-i", "inventories/homelab.py"] if command != "journal" else []
        answer = CliRunner().invoke(cli, [command, *arguments, *options])
        if isinstance(answer.exception, LakesteadError):
            return answer.exception.exit_code, f"{answer.output}Error: {answer.exception}"
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer.exit_code, answer.output

    def file(self, path: str, text: str) -> None:
        """A file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("NAMESPACE", self.namespace))

    def apply(self, text: str) -> None:
        """Objects that somebody else has applied; their status too."""
        for obj in yaml.safe_load_all(text.replace("NAMESPACE", self.namespace)):
            status = obj.pop("status", None)
            self.api.apply(obj, field_manager="somebody")
            if status:
                self.api.patch(ObjectRef.of(obj), {"status": status}, subresource="status")

    def until_served(self, version: str, kind: str) -> None:
        """Wait until a definition that was just applied is served."""

        def served() -> tuple[bool, str]:
            self.api = Api(self.api.access)  # what there is is asked once
            return self.api.served(version, kind) is not None, "not yet"

        wait_for(f"{kind} to be served", served, 20, 0.1)

    def get(self, version: str, kind: str, name: str) -> dict[str, Any] | None:
        return self.api.get(ObjectRef(version, kind, name, self.namespace))

    def git(self, *command: str) -> str:
        """Git in the server's repository."""
        return subprocess.run(
            ["git", "-C", str(self.repository), *command],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    def state(self) -> list[str]:
        """What of the shop is in the cluster and in the homelab repo, but for the tracking."""
        there = [
            f"{name}: {found['data']}"
            for name in ("settings", "prices", "till")
            if (found := self.get("v1", "ConfigMap", name))
        ]
        files = self.tree() if self.log() else []
        return there + [path for path in files if path.startswith("kubernetes/")]

    def log(self) -> list[str]:
        """Subjects of the branch, the oldest first."""
        if not (self.repository / "refs/heads/main").exists():
            return []
        return self.git("log", "--reverse", "--format=%s", "main").splitlines()

    def commit(self, path: str, text: str) -> None:
        """Somebody commits one file in a clone, and pushes."""
        clone = self.folder / "clone"
        subprocess.run(["git", "clone", "-q", str(self.repository), str(clone)], check=True)
        (clone / path).write_text(text)
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        subprocess.run(["git", *identity, "commit", "-qam", "mine"], cwd=clone, check=True)
        subprocess.run(["git", "push", "-q", "origin", "HEAD:main"], cwd=clone, check=True)

    def tree(self) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", "main").splitlines()

    def goals(self) -> Any:
        return json.loads(self.git("show", f"main:{PATH}"))

    def goal(self, objective: str) -> Mapping[str, Any]:
        goals = [goal for phase in self.goals()["phases"] for goal in phase["objectives"]]
        return next(goal for goal in goals if goal["id"] == objective)
