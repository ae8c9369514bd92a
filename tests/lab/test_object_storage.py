"""Object storage on the lab's real gateway: made, left alone, repaired, refused, and kept secret."""

from __future__ import annotations

import base64
import copy
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.plan.buckets import BucketWanted
from lakestead.plan.lifecycle import LifecycleRule
from lakestead.plan.quota import Quota
from lakestead.rgw.client import AdminOps
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.key_secrets import user_secret
from lakestead.rgw.users import read_user, set_user_quota
from lakestead.s3.buckets import Buckets
from lakestead.s3.client import S3
from lakestead.s3.round_trip import MARKER
from lakestead.s3.session import admin_ops, user_s3
from lakestead.settings.object_storage import ObjectStorage

PROJECT = Path(__file__).parents[2]
ADMIN = ObjectRef("v1", "Secret", "rgw-admin-ops-user", "storage")
USER = ObjectRef("v1", "Secret", "lakehouse-s3", "lakestead-secrets")

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def data(lab: Any) -> dict[str, Any]:
    """The section object_storage as group data have it."""
    found: dict[str, Any] = runpy.run_path(str(PROJECT / "group_data/lab.py"))["object_storage"]
    return found


@pytest.fixture(scope="module")
def run(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the object storage's task alone, as a user runs a phase."""
    deploy = tmp_path_factory.mktemp("deploy") / "object_storage.py"
    deploy.write_text("from tasks import object_storage\n\nobject_storage.deploy()\n")

    def pyinfra(*arguments: str, **changed: Any) -> CompletedProcess[str]:
        more = ["--data", f"object_storage={json.dumps(changed['data'])}"] if changed else []
        done: CompletedProcess[str] = lab.pyinfra(str(deploy), *arguments, *more)
        return done

    return pyinfra


@pytest.fixture
def gateway(run: Run, api: Api, data: dict[str, Any]) -> Buckets:
    """The gateway's two APIs, once the task has run."""
    done = run("-y")
    assert done.returncode == 0, done.stderr
    settings = ObjectStorage.model_validate(data)
    admin, user = admin_ops(api, settings), user_s3(api, settings)
    assert admin is not None
    assert user is not None
    return Buckets(user[0], admin)


def test_second_run_writes_nothing(gateway: Buckets, run: Run, api: Api) -> None:
    before = [_version(api, ADMIN), _version(api, USER), _marker_version(gateway.s3)]
    done = run("-y")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("No changes") == 4
    assert "Success" not in done.stderr.split("--> Results")[0]
    assert [_version(api, ADMIN), _version(api, USER), _marker_version(gateway.s3)] == before


def test_drift_is_shown_and_repaired(gateway: Buckets, run: Run) -> None:
    admin, s3 = gateway.admin, gateway.s3
    wanted = gateway.read("lakehouse", "lakehouse")
    assert wanted is not None
    set_user_quota(admin, "lakehouse", Quota(max_objects=5))
    admin.call("POST", "user", {"uid": "lakehouse", "display_name": "a&max-buckets=1"})
    admin.call("PUT", "user?caps", {"uid": "lakehouse", "user_caps": "usage=*"})
    versioning = {"Status": "Suspended"}
    s3.call("PutBucketVersioning", Bucket="lakehouse", VersioningConfiguration=versioning)
    s3.call("DeleteBucketLifecycle", Bucket="lakehouse")

    dry = run("--dry", "--diff")
    assert dry.returncode == 0, dry.stderr
    for line in ("-display_name: a&max-buckets=1", "-caps: usage=*", "-Suspended", "-any size, 5"):
        assert line in dry.stderr
    assert _user(admin).display_name == "a&max-buckets=1"

    done = run("-y")
    assert done.returncode == 0, done.stderr
    assert (_user(admin).display_name, _user(admin).caps) == ("Lakehouse", {})
    assert gateway.read("lakehouse", "lakehouse") == wanted


def test_keys_are_found_again_and_never_shown(gateway: Buckets, run: Run, api: Api) -> None:
    keys = [_value(api, ADMIN, "secretKey"), _value(api, USER, "AWS_SECRET_ACCESS_KEY")]
    for ref in (ADMIN, USER):
        api.delete(ref)
    dry = run("--dry", "--diff", "-vvv", "--debug")
    done = run("-y", "-vvv", "--debug")
    assert (dry.returncode, done.returncode) == (0, 0), dry.stderr + done.stderr
    again = [_value(api, ADMIN, "secretKey"), _value(api, USER, "AWS_SECRET_ACCESS_KEY")]
    assert again == keys
    output = dry.stdout + dry.stderr + done.stdout + done.stderr
    assert "holds the key of RGW user lakehouse" in output
    for key in keys:
        assert key not in output
        assert base64.b64encode(key.encode()).decode() not in output


def test_a_key_that_the_gateway_does_not_know_is_replaced(
    gateway: Buckets, run: Run, api: Api
) -> None:
    key = _value(api, USER, "AWS_SECRET_ACCESS_KEY")
    # As it is when Ceph was made anew, and the Secret of before is still there.
    api.apply(user_secret(USER.full_name).manifest(Credentials("OLD", "planted")))
    assert run("--dry").returncode == 0
    assert run("-y").returncode == 0
    assert _value(api, USER, "AWS_SECRET_ACCESS_KEY") == key


def test_a_key_of_another_hand_is_left_alone(gateway: Buckets, run: Run, api: Api) -> None:
    theirs = user_secret(USER.full_name).manifest(Credentials("THEIRS", "planted"))
    api.apply(theirs, field_manager="somebody", force=True)
    try:
        done = run("-y")
        assert done.returncode == 1
        assert done.stderr.count("is somebody else's") == 1
        assert _value(api, USER, "AWS_SECRET_ACCESS_KEY") == "planted"
    finally:
        api.delete(USER)


def test_a_filter_that_the_gateway_drops_never_acts(gateway: Buckets) -> None:
    rule = LifecycleRule("large", size_greater_than=1024, expire_days=1)
    wanted = BucketWanted("lakehouse", "lakehouse", lifecycle=(rule,))
    with pytest.raises(LakesteadError, match="did not keep lifecycle of bucket lakehouse"):
        gateway.write(wanted, "lifecycle")
    kept = gateway.read("lakehouse", "lakehouse")
    assert kept is not None
    assert kept.lifecycle == (LifecycleRule("large", enabled=False, expire_days=1),)


REFUSED = {
    "gateway away": (
        lambda data: data.update(endpoint="http://10.233.0.1:1"),
        "does not serve",
    ),
    "dropped filter": (
        lambda data: data["buckets"]["lakehouse"].update(
            lifecycle=[{"id": "big", "expire_days": 1, "size_greater_than": "1Mi"}]
        ),
        "would not keep lifecycle of bucket lakehouse",
    ),
    "policy for nobody": (
        lambda data: data["buckets"]["lakehouse"].update(
            policy=[
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam:::user/nobody"},
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::lakehouse/*",
                }
            ]
        ),
        "it names RGW user nobody, who does not exist",
    ),
    "somebody's bucket": (
        lambda data: data["user"].update(uid="another", secret="lakestead-secrets/another-s3"),
        "belongs to another user",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_said_in_one_message(
    case: str, gateway: Buckets, run: Run, data: dict[str, Any]
) -> None:
    change, says = REFUSED[case]
    changed = copy.deepcopy(data)
    change(changed)
    before = gateway.read("lakehouse", "lakehouse")
    done = run("-y", data=changed)
    assert done.returncode == 1
    assert done.stderr.count(says) == 1
    assert "Traceback" not in done.stderr
    assert gateway.read("lakehouse", "lakehouse") == before


def _user(admin: AdminOps) -> Any:
    found = read_user(admin, "lakehouse")
    assert found is not None
    return found[0]


def _version(api: Api, ref: ObjectRef) -> str:
    found = api.get(ref)
    assert found is not None
    return str(found["metadata"]["resourceVersion"])


def _marker_version(s3: S3) -> str:
    return str(s3.call("HeadObject", Bucket="lakehouse", Key=MARKER)["VersionId"])


def _value(api: Api, ref: ObjectRef, key: str) -> str:
    found = api.get(ref)
    assert found is not None
    return base64.b64decode(found["data"][key]).decode()
