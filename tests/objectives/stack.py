"""A stack of two objectives, as a user would declare one: objectives/shop.toml and a deploy each."""

from __future__ import annotations

from tests.objectives.world import World

TOML = """
[phase]
id = "7"
name = "Shop"

[[objective]]
id = "7.1"
name = "The shop's settings"
deploy = "deploys/settings.py"
dependencies = ["Kubernetes"]

[objective.gitops]
namespace = "NAMESPACE"
kustomization = "kubernetes/apps/shop/ks.yaml"
suspend = ["HelmRelease NAMESPACE/shop"]

[[objective.deliverable]]
name = "Settings that say open"
kind = "configuration"
command = "{{ kubectl }} --namespace NAMESPACE get configmap settings --output jsonpath='{.data.door}'"
expect = "^open$"

[[objective]]
id = "7.2"
name = "The shop's till"
needs = ["7.1"]
deploy = "deploys/till.py"

[[objective.prerequisite]]
name = "There is a counter"
command = "test -e counter"
do = "touch counter"

[[objective.deliverable]]
name = "It is as declared"
kind = "validation"
command = "{{ plan }}"
expect = "Plan: 0 to create, 0 to update, 0 to delete"

[[objective]]
id = "7.3"
name = "Franchise"
needs = ["7.2"]
"""

SETTINGS = """
from pyinfra import host

from lakestead.gates.gate import Gate, require
from lakestead.operations import gitops, kube


def settings(name, data):
    metadata = {"name": name, "namespace": "NAMESPACE"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


require([Gate("The street is quiet", "pass", "the street", "nobody there")])
if "cluster" in host.groups:
    kube.apply(
        name="The shop's settings",
        objects=[settings("settings", {"door": "open"})],
    )
    kube.apply(name="The shop's prices", objects=[settings("prices", {"tea": "2"})])
if "workstation" in host.groups:
    gitops.files(
        name="The shop in the homelab repo",
        files={"kubernetes/apps/shop/ks.yaml": "# the shop\\n", "kubernetes/apps/shop/README.md": "Shop\\n"},
        message="Open the shop\\n\\nSo that somebody can buy something.",
    )
"""

TILL = """
from pyinfra import host

from lakestead.operations import kube

if "cluster" in host.groups:
    kube.apply(
        name="The till",
        objects=[
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "till", "namespace": "NAMESPACE"},
                "data": {"cash": "0"},
            },
        ],
    )
"""


def build(world: World) -> None:
    """Put the stack into the world's project."""
    world.make_namespace()
    world.file("objectives/shop.toml", TOML)
    world.file("deploys/settings.py", SETTINGS)
    world.file("deploys/till.py", TILL)
