"""The lock: one holder at a time, and a dead one's lock goes on to the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakestead.kube.client import Api, ApiUnreachable
from lakestead.kube.lease import PATH, Lease, Locked, LockLost
from tests.api_server import ApiServer


@pytest.fixture
def api(api_server: ApiServer) -> Iterator[Api]:
    api = Api.from_kubeconfig(str(api_server.kubeconfig))
    yield api
    lease = api.raw("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases")
    if any(item["metadata"]["name"] == "lakestead" for item in lease["items"]):
        api.raw("DELETE", PATH)


def test_second_run_is_refused_and_told_who_holds_it(api: Api) -> None:
    first = Lease(api, "ann@desk pid 7 run 20261121-1450")
    first.acquire()
    calls = api.requests

    with pytest.raises(Locked, match=r"ann@desk pid 7 run 20261121-1450, since 20\d\d-") as refused:
        Lease(api, "bob").acquire()

    assert refused.value.exit_code == 4
    assert api.requests - calls == 2  # made in vain, read
    first.release()
    Lease(api, "bob").acquire()


def test_second_run_waits_for_the_first(api: Api) -> None:
    first, second = Lease(api, "ann", duration=2), Lease(api, "bob", duration=2)
    first.acquire()
    said = []

    def release_when_told(text: str) -> None:
        said.append(text)
        first.release()

    second.acquire(wait=10, say=release_when_told)

    assert said[0].startswith("waits for the cluster's lock: ann, since")
    second.check()
    second.release()


def test_holder_that_stays_alive_is_waited_for_in_vain(api: Api) -> None:
    first = Lease(api, "ann", duration=1)
    first.acquire()

    with pytest.raises(Locked, match="waited 2 s"):
        Lease(api, "bob").acquire(wait=2)

    first.check()
    first.release()


def test_dead_holder_is_known_by_its_silence(api: Api) -> None:
    """Its clock is an hour behind or ahead: that does not count."""
    for hour in ("2020-01-01T00", "2099-01-01T00"):
        api.raw("POST", PATH.rpartition("/")[0], body=lease("dead", f"{hour}:00:00.000000Z", 1))
        said: list[str] = []
        second = Lease(api, "bob")

        second.acquire(say=said.append)

        assert said[-1].startswith("takes the lock of a run that is gone: dead")
        second.release()


def test_dead_process_of_this_workstation_is_known_at_once(api: Api) -> None:
    api.raw(
        "POST", PATH.rpartition("/")[0], body=lease("dead", "2020-01-01T00:00:00.000000Z", 3600)
    )
    second = Lease(api, "bob")

    second.acquire(is_dead=lambda holder: holder == "dead")

    second.release()


def test_run_whose_lock_was_taken_stops_before_its_next_write(api: Api) -> None:
    first = Lease(api, "ann", duration=6)
    first.acquire()
    taken = api.raw("GET", PATH)
    taken["spec"]["holderIdentity"] = "bob"
    api.raw("PUT", PATH, body=taken)
    first._renewed -= 5.5  # as if it had been asleep

    with pytest.raises(LockLost, match="now bob"):
        first.check()

    first.release()
    assert api.raw("GET", PATH)["spec"]["holderIdentity"] == "bob"


def lease(holder: str, renewed: str, duration: int) -> dict[str, object]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "lakestead", "namespace": "kube-system"},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": duration,
            "acquireTime": renewed,
            "renewTime": renewed,
        },
    }


def test_a_lock_that_cannot_be_given_back_is_told_so(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, back = Lease(api, "ann", duration=1), Lease(api, "bob")

    def unreachable(*arguments: object, **options: object) -> None:
        raise ApiUnreachable("The API server does not answer")

    away.acquire()
    with monkeypatch.context() as patch:
        patch.setattr(api, "raw", unreachable)
        assert not away.release()
    back.acquire(is_dead=lambda spec: True)
    assert back.release()
