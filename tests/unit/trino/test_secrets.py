"""Which of Trino's Secrets are to be written, and what the workstation and the pods read of them."""

from __future__ import annotations

import base64
import runpy
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import ObjectRef
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from lakestead.trino import certificate, passwords
from lakestead.trino.secrets import hosts, login, manifest, trino_copies, wanted

VALID = Path(__file__).parents[1] / "settings/valid"


def settings(*files: str, **trino: Any) -> Settings:
    data: dict[str, Any] = {}
    for name in ("minimal", "trino", *files):
        found = runpy.run_path(str(VALID / f"{name}.py"))
        data |= {key: value for key, value in found.items() if key[0] != "_"}
    data["trino"] = {**data["trino"], **trino}
    return Settings.load(data, Sources())


class Cluster:
    """Secrets by name; what is applied is there."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self.there.get(ref.full_name)

    def write(self, manifests: list[dict[str, Any]]) -> None:
        for made in manifests:
            self.there[f"{made['metadata']['namespace']}/{made['metadata']['name']}"] = made

    def entry(self, name: str, key: str, value: str | None = None) -> str:
        data = self.there[name]["data"]
        if value is not None:
            data[key] = base64.b64encode(value.encode()).decode()
        return base64.b64decode(data[key]).decode()


def made(chosen: Settings) -> Cluster:
    cluster: Any = Cluster()
    cluster.write([manifest(item) for item in wanted(cluster, chosen)])
    return cluster  # type: ignore[no-any-return]


def test_what_is_missing_is_made_once() -> None:
    cluster: Any = made(settings())
    assert cluster.there.keys() == {
        "data-platform/trino-users", "data-platform/trino-certificate", "data-platform/trino-cluster",
    }  # fmt: skip
    assert wanted(cluster, settings()) == []
    known = login(cluster, settings())
    assert known is not None
    assert known.username == "lakestead"
    assert known.authority.startswith("-----BEGIN CERTIFICATE-----")
    assert known.password not in repr(known)
    assert passwords.holds(
        cluster.entry("data-platform/trino-users", "password.db"), "lakestead", known.password
    )


def test_users_that_people_add_stay_and_a_new_password_is_hashed() -> None:
    cluster: Any = made(settings())
    name = "data-platform/trino-users"
    others = cluster.entry(name, "password.db") + passwords.line("alice", "hers") + "\n"
    cluster.entry(name, "password.db", others)
    assert wanted(cluster, settings()) == []
    cluster.entry(name, "password", "chosen by hand")
    [changed] = wanted(cluster, settings())
    assert passwords.holds(changed.entries["password.db"], "alice", "hers")
    assert passwords.holds(changed.entries["password.db"], "lakestead", "chosen by hand")


def test_a_certificate_for_another_address_is_made_anew_unless_it_is_the_users_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster: Any = made(settings())
    moved = settings(service_address="10.96.0.25")
    [changed] = wanted(cluster, moved)
    assert (changed.ref.name, changed.why) == ("trino-certificate", "it is not for 10.96.0.25")
    # Into the Secret that Lakestead made, as cert-manager writes.
    with monkeypatch.context() as patch:
        patch.setattr(certificate, "AUTHORITY", "somebody else's")
        theirs = certificate.make(["trino.example"]).combined
    cluster.entry("data-platform/trino-certificate", "tls-combined.pem", theirs)
    assert wanted(cluster, moved) == []


def test_a_secret_that_cannot_be_used_is_refused() -> None:
    cluster: Any = made(settings())
    found = cluster.there["data-platform/trino-certificate"]
    found["metadata"]["labels"] = {}
    del found["data"]["tls-combined.pem"]
    with pytest.raises(LakesteadError, match=r"entry tls-combined\.pem"):
        wanted(cluster, settings())


@pytest.mark.parametrize(
    ("name", "entry", "value"),
    [
        ("trino-users", "password", "long" * 19),
        ("trino-users", "password.db", "lakestead:$2y$10$mangled"),
        ("trino-certificate", "tls-combined.pem", "no PEM"),
    ],
)
def test_an_entry_that_cannot_be_read_is_told_without_its_value(
    name: str, entry: str, value: str
) -> None:
    cluster: Any = made(settings())
    cluster.entry(f"data-platform/{name}", entry, value)
    with pytest.raises(LakesteadError, match=f"entry {entry} is") as told:
        wanted(cluster, settings())
    assert name in str(told.value)
    assert value not in str(told.value)


def test_entries_of_others_are_not_written() -> None:
    cluster: Any = made(settings())
    cluster.entry("data-platform/trino-users", "keystore", "theirs")
    cluster.entry("data-platform/trino-users", "password", "chosen by hand")
    [changed] = wanted(cluster, settings())
    assert changed.entries.keys() == {"password.db"}


def test_settings_without_trino_or_its_allocations_are_told() -> None:
    whole = settings()
    without = whole.model_copy(update={"trino": None})
    with pytest.raises(LakesteadError, match="no section trino"):
        trino_copies(without)
    little = {"hive-metastore": whole.allocations["hive-metastore"]}
    with pytest.raises(LakesteadError, match=r"no allocations\.trino-coordinator, no allocations"):
        trino_copies(whole.model_copy(update={"allocations": little}))


def test_with_external_secrets_the_password_itself_does_not_reach_the_pods() -> None:
    copies = trino_copies(settings("external_secrets"))
    assert {(copy.source.namespace, copy.target.namespace) for copy in copies} == {
        ("kept", "data-platform")
    }
    assert [copy.keys for copy in copies] == [
        ("password.db",), ("tls-combined.pem",), ("shared-secret",),
    ]  # fmt: skip


def test_the_certificate_is_for_every_name_of_the_coordinator() -> None:
    assert hosts(settings(service_address="10.96.0.25")) == [
        "10.0.0.25", "10.96.0.25", "trino.data-platform.svc.cluster.local",
        "trino.data-platform.svc", "trino.data-platform", "trino",
    ]  # fmt: skip
