"""The buckets: owner, versioning, lifecycle, policy and quota, each read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.kube.client import Api
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.object_storage_later import is_wrong_key, later
from lakestead.operations.show import show
from lakestead.plan import bucket_policy
from lakestead.plan.buckets import BucketStep, BucketWanted, Setting, plan_bucket
from lakestead.plan.change import with_unchanged
from lakestead.rgw import quirks
from lakestead.rgw.client import AdminOps
from lakestead.rgw.rook import owner_of_bucket
from lakestead.rgw.users import read_user
from lakestead.rgw.version import running_version
from lakestead.s3.buckets import Buckets
from lakestead.s3.session import admin_ops, user_s3
from lakestead.settings.object_storage import ObjectStorage


@operation
def buckets(settings: ObjectStorage) -> Iterator[Command]:
    """See to it that ``settings.buckets`` are as they are wanted, owned by ``settings.user``.

    Everything written is read back. What this gateway is known to drop is refused before anything
    is written, as are buckets of another owner. Neither buckets nor objects are ever deleted. Runs
    on the workstation.

    **Example:**

    .. code:: python

        buckets(name="Have the buckets", settings=settings)
    """
    cluster = api(host)
    wanted = settings.wanted_buckets
    unknown = [step.change for item in wanted for step in plan_bucket(item, None)]
    admin, user = admin_ops(cluster, settings), user_s3(cluster, settings)
    if admin is None or user is None:
        yield later(settings.user.secret if admin else settings.admin.secret, *unknown)
        return
    gateway = Buckets(user[0], admin)
    plans = []
    try:
        for bucket in wanted:
            steps = plan_bucket(bucket, gateway.read(bucket.name, bucket.owner))
            refuse_impossible(cluster, settings, admin, bucket, {step.setting for step in steps})
            plans.append((bucket, steps))
    except LakesteadError as error:
        if not is_wrong_key(error):
            raise
        yield later(settings.user.secret, *unknown, because=error)
        return
    changes = [step.change for _, steps in plans for step in steps]
    show(host, with_unchanged(changes, *(("Bucket", bucket.name) for bucket in wanted)))
    if not any(steps for _, steps in plans):
        host.noop(f"{len(plans)} buckets are as they should be")
        return
    for bucket, steps in plans:
        for step in steps:
            yield ApiCommand(
                str(step.change),
                _write(gateway, bucket, step.setting),
                change=step.change,
                undo=_undo(settings, step, bucket.name, new=steps[0].setting == "bucket"),
            )


def _undo(settings: ObjectStorage, step: BucketStep, name: str, *, new: bool) -> Undo:
    """A bucket's settings go with it where this run makes it."""
    if step.setting == "bucket":
        return Undo("bucket", {"endpoint": settings.endpoint, "name": name})
    cannot = "" if new else f"the {step.setting} before is in the plan's diff alone: set it there"
    return Undo("none", cannot=cannot)


def refuse_impossible(
    cluster: Api,
    settings: ObjectStorage,
    admin: AdminOps,
    bucket: BucketWanted,
    to_write: set[Setting],
) -> None:
    """Raise LakesteadError for what the gateway would accept and not do, before it is written."""
    if "bucket" in to_write:
        owner = owner_of_bucket(cluster, bucket.name)
        if owner:
            raise LakesteadError(
                f"Bucket {bucket.name} is Rook's",
                found=f"{owner} makes it",
                do="choose another name",
            )
    if "policy" in to_write and bucket.policy:
        found = bucket_policy.mistakes(bucket.name, bucket.owner, bucket.policy)
        found += [
            f"it names RGW user {uid}, who does not exist"
            for uid in bucket_policy.users(bucket.policy)
            if uid != bucket.owner and read_user(admin, uid) is None
        ]
        if found:
            raise LakesteadError(
                f"The policy of bucket {bucket.name} cannot be meant so, though the object gateway "
                "would accept it",
                where=f"object_storage.buckets[{bucket.name!r}].policy",
                found="\n".join(found),
                do="correct the policy, or create the users first",
            )
    if "lifecycle" in to_write:
        _refuse_dropped(cluster, settings, bucket)


def _refuse_dropped(cluster: Api, settings: ObjectStorage, bucket: BucketWanted) -> None:
    rules = bucket.lifecycle or ()
    fragile = {quirk.drops for quirk in quirks.QUIRKS if quirk.drops}
    if not any(fragile & rule.set_fields().keys() for rule in rules):
        return
    version = running_version(cluster, settings.namespace)
    dropped = quirks.dropped(version, rules)
    if dropped:
        raise LakesteadError(
            f"The object gateway, Ceph {version}, would not keep lifecycle of bucket {bucket.name}",
            where=f"object_storage.buckets[{bucket.name!r}].lifecycle",
            found="\n".join(f"rule {rule.id}: {quirk.what}" for rule, quirk in dropped),
            expected="rules without " + ", ".join(sorted({quirk.drops for _, quirk in dropped})),
            do="leave that out of the rule, or leave the rule out",
        )


def _write(gateway: Buckets, bucket: BucketWanted, setting: Setting) -> Callable[[], str]:
    def action() -> str:
        gateway.write(bucket, setting)
        return f"bucket {bucket.name}: {setting} written and read back"

    return action
