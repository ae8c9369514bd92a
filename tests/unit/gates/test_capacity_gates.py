"""The gate on capacity: pass, fail and unknown, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakestead.errors import LakesteadError
from lakestead.gates.capacity import capacity_gates
from lakestead.gates.gate import Gate, require
from lakestead.plan.capacity import Amount, Node, Pod
from lakestead.plan.phases import component_pods, rollout_pods, workload_pods
from lakestead.settings.capacity import Capacity

GI = 2**30
WORKER = Node("worker", capacity=Amount(8000, 64 * GI), allocatable=Amount(8000, 60 * GI))
SMALL = Node("small", capacity=Amount(2000, 8 * GI), allocatable=Amount(2000, 6 * GI))
METASTORE = component_pods("hive-metastore", 1, Amount(200, 8 * GI))


def answers(gates: list[Gate]) -> list[str]:
    return [gate.answer for gate in gates]


def test_enough_room() -> None:
    assert answers(capacity_gates([SMALL, WORKER], METASTORE, Capacity())) == ["pass"]


def test_the_message_says_which_pod_how_much_and_where() -> None:
    with pytest.raises(LakesteadError) as caught:
        require(capacity_gates([SMALL], METASTORE, Capacity()))
    message = str(caught.value)
    assert "fit on the nodes? No. Nothing was changed." in message
    assert "hive-metastore (200m cpu and 8.0Gi memory) fits on no node" in message
    assert "node   free cpu  free memory  missing cpu  missing memory" in message
    assert "small         2        6.0Gi            -           2.0Gi" in message


def test_no_data_is_unknown_and_blocks() -> None:
    for nodes in (None, []):
        gates = capacity_gates(nodes, METASTORE, Capacity())
        assert answers(gates) == ["unknown"]
        with pytest.raises(LakesteadError, match="Unknown"):
            require(gates)


def test_what_the_settings_ask_for_beyond_the_pods() -> None:
    wanted = Capacity.model_validate({"free": {"cpu": "6", "memory": "60G"}})
    assert answers(capacity_gates([WORKER], [], wanted)) == ["pass", "pass"]
    [_, refused] = capacity_gates([SMALL], [], wanted)
    assert refused.answer == "fail"
    assert "missing 4 cpu and 49.9Gi memory" in refused.saw


def test_use_that_nobody_measured_is_unknown() -> None:
    wanted = Capacity(used_below_percent=70)
    busy = Node("busy", capacity=Amount(1000, GI), used=Amount(900, 0))
    idle = Node("idle", capacity=Amount(1000, GI), used=Amount(0, 0))
    assert answers(capacity_gates([WORKER], [], wanted))[1] == "unknown"
    assert answers(capacity_gates([busy], [], wanted))[1] == "fail"
    assert answers(capacity_gates([busy, idle], [], wanted))[1] == "pass"


def test_what_runs_already_is_not_installed_again() -> None:
    template = {"spec": {"containers": [{"name": "m", "resources": {"requests": {"cpu": "1"}}}]}}
    deployment = {
        "kind": "Deployment",
        "metadata": {"name": "source-controller"},
        "spec": {"template": template},
    }
    [pod] = workload_pods([deployment, {"kind": "Namespace"}], [WORKER])
    assert (pod.name, pod.requests) == ("source-controller", Amount(1000, 0))


def test_what_fits_only_in_a_lucky_order_does_not_pass() -> None:
    pods = [
        *component_pods("hive-metastore", 1, Amount(200, 2 * GI)),
        *component_pods("trino-coordinator", 1, Amount(200, 6 * GI)),
    ]
    spare = Node("spare", capacity=Amount(2000, 2 * GI), allocatable=Amount(2000, 2 * GI))
    [gate] = capacity_gates([SMALL, spare], pods, Capacity())
    assert gate.answer == "fail"
    assert "trino-coordinator (200m cpu and 6.0Gi memory) does not fit if others come" in gate.saw


def test_a_rollout_needs_room_for_one_more_than_the_replicas() -> None:
    requests = Amount(200, 2 * GI)
    replicas = component_pods("hive-metastore", 2, requests)
    three = Node("three", capacity=Amount(2000, 6 * GI), allocatable=Amount(2000, 6 * GI))
    two = Node("two", capacity=Amount(2000, 5 * GI), allocatable=Amount(2000, 5 * GI))
    with_rollout = [*replicas, *rollout_pods("hive-metastore", requests)]
    assert answers(capacity_gates([two], replicas, Capacity())) == ["pass"]
    assert answers(capacity_gates([two], with_rollout, Capacity())) == ["fail"]
    assert answers(capacity_gates([three], with_rollout, Capacity())) == ["pass"]
    # That the replicas run already frees no room for the pod that comes beside them.
    running = tuple(
        Pod("data", f"m-{n}", requests, component=("hive-metastore",)) for n in range(2)
    )
    assert answers(capacity_gates([replace(two, pods=running)], with_rollout, Capacity())) == [
        "fail"
    ]
    assert answers(capacity_gates([replace(three, pods=running)], with_rollout, Capacity())) == [
        "pass"
    ]
