"""The proof that the user can use its buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.object_storage_later import is_wrong_key, later
from lakestead.operations.show import show
from lakestead.plan import bucket_policy
from lakestead.plan.buckets import BucketWanted
from lakestead.plan.change import Change
from lakestead.plan.round_trip import plan_round_trip, proves
from lakestead.s3.client import S3
from lakestead.s3.round_trip import RoundTrip, read_marker
from lakestead.s3.session import anonymous_s3, user_s3
from lakestead.settings.object_storage import ObjectStorage

# The marker goes with its bucket, and is a line of text.
NOTHING_LEFT = Undo("none")


@operation
def round_trip(settings: ObjectStorage) -> Iterator[Command]:
    """Put, multipart, get with checksum, list and delete in every bucket, with the user's own key.

    All objects are below ``_lakestead/`` and removed again, but for ``_lakestead/round-trip.json``,
    which says what was proved. A later run reads it and does the round trip again only where
    something of that has changed: the endpoint, the user, its key, the bucket's settings. Runs on
    the workstation.

    **Example:**

    .. code:: python

        round_trip(name="Prove the object storage", settings=settings)
    """
    wanted = settings.wanted_buckets
    user = user_s3(api(host), settings)
    unknown = [Change("Round trip", f"s3://{item.name}", "known after apply") for item in wanted]
    if user is None:
        yield later(settings.user.secret, *unknown)
        return
    s3, credentials = user
    plans = []
    try:
        for bucket in wanted:
            digest = proves(
                settings.endpoint, settings.user.planned, credentials.access_key, bucket
            )
            change = plan_round_trip(bucket.name, digest, read_marker(s3, bucket.name))
            plans.append((bucket, digest, change))
    except LakesteadError as error:
        if not is_wrong_key(error):
            raise
        yield later(settings.user.secret, *unknown, because=error)
        return
    show(host, [change for _, _, change in plans])
    pending = [plan for plan in plans if plan[2].pending]
    if not pending:
        host.noop("the round trip has passed before, and nothing that it proves has changed")
    for bucket, digest, change in pending:
        yield ApiCommand(
            f"round trip through bucket {bucket.name}",
            proof(settings, s3, bucket, digest),
            change=change,
            undo=NOTHING_LEFT,
        )


def proof(settings: ObjectStorage, s3: S3, bucket: BucketWanted, digest: str) -> Callable[[], str]:
    """What does a round trip through a bucket, and notes that it has passed.

    + digest: of what it proves: ``lakestead.plan.round_trip.proves``
    """

    def action() -> str:
        anonymous = None if bucket_policy.everybody(bucket.policy) else anonymous_s3(settings)
        RoundTrip(s3, anonymous, bucket.name).run(digest, settings.user.uid)
        return f"the round trip through bucket {bucket.name} passed"

    return action
