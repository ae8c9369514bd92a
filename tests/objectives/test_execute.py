"""``lakestead execute`` from its checks to its report, on a real API server and a real Git server."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as xml

import yaml
from pydantic import TypeAdapter

from lakestead.kube.client import ObjectRef
from lakestead.objectives.status import StatusDocument
from lakestead.report.objective import ObjectiveReport
from tests.objectives.golden import golden
from tests.objectives.world import World

OVER = ("--override", "for the test")


def test_one_after_the_other(shop: World) -> None:
    code, text = shop.run("execute", "--yes", "--no-diff", *OVER)

    assert code == 0, text
    golden("execute.txt", text)
    assert shop.state() == [
        "settings: {'door': 'open'}",
        "prices: {'tea': '2'}",
        "kubernetes/apps/shop/README.md",
        "kubernetes/apps/shop/ks.yaml",
    ]
    goal = shop.goal("7.1")
    assert goal["status"] == "completed"
    assert goal["override"]["reason"] == "for the test"
    assert shop.log() == [
        "Begin objective 7.1: The shop's settings",
        "Open the shop",
        "Complete objective 7.1: The shop's settings",
    ]
    report = shop.git("show", "main:docs/data-platform/bootstrap/reports/7.1.md")
    assert report in text
    [document] = Path(shop.folder.parent / "state/reports").glob("7.1-*.json")
    kept = TypeAdapter(ObjectiveReport).validate_json(document.read_text())
    assert (kept.status, kept.deliverables[0].printed) == ("completed", "open")
    suite = xml.parse(document.with_suffix(".xml")).getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")

    code, text = shop.run("execute", "--yes")
    assert code == 4
    golden("execute_refused.txt", text)

    shop.file("counter", "")
    code, text = shop.run("execute", "--yes", "--no-diff")
    assert code == 0, text
    assert shop.goal("7.2")["status"] == "completed"
    assert "override" not in shop.goal("7.2")
    code, text = shop.run("status")
    golden("status.txt", text)
    told = StatusDocument.model_validate_json(shop.run("status", "--json")[1])
    assert (told.completion_percentage, told.next) == (66, "")
    assert shop.run("execute")[1] == "Every objective that can be executed is completed.\n"
    assert shop.run("verify", "7.2")[0] == 0


def test_a_second_time_changes_nothing(shop: World) -> None:
    shop.run("execute", "--yes", *OVER)
    before = shop.state()
    commits = shop.git("rev-list", "--count", "main", "--", "kubernetes")

    code, text = shop.run("execute", "7.1", "--yes")

    assert code == 0, text
    assert "Nothing had to be done." in text
    assert shop.state() == before
    assert shop.git("rev-list", "--count", "main", "--", "kubernetes") == commits


def test_one_run_is_taken_back_by_its_name(shop: World) -> None:
    shop.run("execute", "--yes", *OVER)
    assert "objective 7.1" in shop.run("journal")[1]

    code, text = shop.run("rollback", "--yes")

    assert code == 0, text
    assert shop.state() == []
    assert "lakestead reset 7.1" in text
    assert shop.run("reset", "7.1", "--yes")[0] == 0
    assert shop.goal("7.1")["status"] == "pending"


def test_nobody_to_ask(shop: World) -> None:
    code, text = shop.run("execute", *OVER)

    assert code == 4
    assert "there is no terminal" in text
    assert shop.state() == []
    assert shop.log() == []


def test_what_is_typed_wrong(shop: World) -> None:
    assert shop.run("execute", "7.9")[0] == 2
    assert shop.run("execute", "7.3")[0] == 4
    code, text = shop.run("execute", "--override", " ")
    assert (code, "needs a reason" in text) == (2, True)
    toml = shop.folder / "objectives/shop.toml"
    toml.write_text(toml.read_text().replace("{{ kubectl }}", "{{ kubectrl }}"))
    code, text = shop.run("execute", "--yes", *OVER)
    assert code == 2
    assert "'kubectrl' is undefined" in text
    assert shop.log() == []


def test_reset_and_roll_back(shop: World) -> None:
    shop.file("counter", "")
    shop.run("execute", "--yes", *OVER)
    shop.run("execute", "--yes")
    code, text = shop.run("reset", "7.1", "--yes")
    assert code == 4
    code, text = shop.run("rollback", "7.1", "--yes")
    assert code == 4
    assert "7.2" in text

    code, text = shop.run("rollback", "--phase", "7", "--plan")
    assert code == 3, text
    assert shop.goal("7.1")["status"] == "completed"
    code, text = shop.run("rollback", "--phase", "7", "--yes")

    assert code == 0, text
    assert shop.state() == []
    assert [shop.goal(number)["status"] for number in ("7.1", "7.2")] == ["pending", "pending"]
    assert "run" not in shop.goal("7.1")


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: helmreleases.helm.toolkit.fluxcd.io}
spec:
  group: helm.toolkit.fluxcd.io
  scope: Namespaced
  names: {kind: HelmRelease, plural: helmreleases, singular: helmrelease}
  versions:
    - name: v2
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: NAMESPACE}
spec: {interval: 1h}
"""


def test_suspend(shop: World) -> None:
    code, text = shop.run("rollback", "7.1", "--suspend", "--yes")
    assert (code, "cannot be suspended" in text) == (4, True)
    shop.apply(CRD)
    version = "helm.toolkit.fluxcd.io/v2"
    try:
        shop.until_served(version, "HelmRelease")
        shop.apply(RELEASE)

        code, text = shop.run("rollback", "7.1", "--suspend", "--plan")
        assert code == 3, text
        code, text = shop.run("rollback", "7.1", "--suspend", "--yes")

        assert code == 0, text
        assert shop.get(version, "HelmRelease", "shop")["spec"] == {  # type: ignore[index]
            "interval": "1h",
            "suspend": True,
        }
        code, text = shop.run("rollback", "--yes")
        assert code == 0, text
        assert shop.get(version, "HelmRelease", "shop")["spec"] == {"interval": "1h"}  # type: ignore[index]
    finally:
        shop.api.delete(ObjectRef.of(yaml.safe_load(CRD)))


def test_the_example_of_the_docs(world: World) -> None:
    page = (Path(__file__).parents[2] / "docs/write-your-own-objective.md").read_text()
    blocks = dict(re.findall(r"```(toml|python)\n(.*?)```", page, re.DOTALL))
    world.file("objectives/shop.toml", blocks["toml"])
    world.file("deploys/shop.py", blocks["python"])
    _, text = world.run("status")
    for line in re.findall(r"^(Phase 7 .*|     7.1 .*)$", page, re.MULTILINE):
        assert line in text
    code, text = world.run("execute", "7.1", "--yes")
    assert (code, "There is a counter: fail" in text) == (4, True)
    world.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")

    code, text = world.run("execute", "7.1", "--yes", "--override", "the docs' example")

    assert code == 0, text
    assert world.run("verify", "7.1")[0] == 0
    assert world.goal("7.1")["status"] == "completed"
