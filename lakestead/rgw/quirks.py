"""What the object gateway drops or turns round without a word, by version, as data.

The one place where versions of Ceph are told apart. Each line was tried on the versions it names;
``docs/phase-1-object-storage.md`` shows the same table (a test holds them together).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakestead.plan.lifecycle import LifecycleRule

TRIED = ("16.2.15", "18.2.7")


@dataclass(frozen=True, slots=True)
class Quirk:
    """One thing the gateway does otherwise than it was told, or than S3 does.

    + name: for messages and tests
    + what: what happens
    + seen: on which of the versions in TRIED
    + answer: what Lakestead does about it
    + drops: the lifecycle field that is dropped, if it is that
    + untried: the versions in TRIED on which nobody looked
    """

    name: str
    what: str
    seen: tuple[str, ...]
    answer: str
    drops: str = ""
    untried: tuple[str, ...] = ()


BOTH = TRIED
OLD = ("16.2.15",)

QUIRKS = (
    Quirk(
        "lifecycle-size-greater",
        "lifecycle filter `ObjectSizeGreaterThan` is accepted and dropped: "
        "the rule then deletes objects of every size",
        BOTH,
        "refused before anything is written",
        drops="size_greater_than",
    ),
    Quirk(
        "lifecycle-size-less",
        "lifecycle filter `ObjectSizeLessThan` is accepted and dropped, likewise",
        BOTH,
        "refused before anything is written",
        drops="size_less_than",
    ),
    Quirk(
        "lifecycle-newer-versions",
        "`NewerNoncurrentVersions` is accepted and dropped: no replaced version is kept",
        ("18.2.7",),
        "refused before anything is written",
        drops="newer_noncurrent_versions",
        untried=OLD,
    ),
    Quirk(
        "lifecycle-order",
        "lifecycle rules come back sorted by ID, an empty prefix in the spelling of 2006, "
        "and a rule without an ID gets one",
        BOTH,
        "an ID is required; rules are compared in one spelling",
    ),
    Quirk(
        "policy-unknown-user",
        "a policy that names a user who does not exist, or another bucket, is accepted",
        BOTH,
        "users are looked up and resources compared before it is written",
    ),
    Quirk(
        "policy-owner-locked-out",
        "a Deny binds the owner too: one that covers `s3:PutBucketPolicy` and "
        "`s3:DeleteBucketPolicy` can never be taken back by the owner",
        ("18.2.7",),
        "refused before anything is written",
        untried=OLD,
    ),
    Quirk(
        "policy-is-public",
        "a policy that allows one named user is reported `IsPublic=true`, "
        "and is refused under `BlockPublicPolicy`",
        BOTH,
        "`IsPublic` is not used",
    ),
    Quirk(
        "block-public-acls",
        "`BlockPublicAcls=true` refuses every PutObject, private ones too",
        BOTH,
        "no public access block is set; the round trip proves that no key means no access",
    ),
    Quirk(
        "quota-size-in-bytes",
        "`max-size` of a bucket's quota is ignored and stored as 0, which refuses every write; "
        "so does a call that sends `max-objects` alone",
        OLD,
        "`max-size-kb` and `max-objects` are always sent together",
    ),
    Quirk(
        "quota-minus-one",
        "`max-size-kb=-1` is stored as -1024 bytes",
        BOTH,
        "every negative size is read as unlimited",
    ),
    Quirk(
        "quota-any-user",
        "a bucket's quota is set in the name of any user that exists, not only its owner's",
        BOTH,
        "the owner is read and compared first",
    ),
    Quirk(
        "caps-merge",
        "adding a capability merges with what is there: `read` on top of `*` stays `*`",
        BOTH,
        "what is too much is removed first",
    ),
    Quirk(
        "key-again",
        "asking for a key adds one more each time",
        BOTH,
        "a key is made only for a user that has none",
    ),
    Quirk(
        "checksum-trailers",
        "checksums sent after the body over https, as SDKs of today do by default, are refused "
        "(411 MissingContentLength)",
        OLD,
        "checksums are sent only where S3 requires them",
    ),
    Quirk(
        "no-checksums",
        "additional checksums (CRC32, SHA-256) are accepted and not kept; "
        "`GetObjectAttributes` answers 500",
        BOTH,
        "the round trip compares SHA-256 sums of what it put and what it got",
    ),
)


def dropped(version: str, rules: Iterable[LifecycleRule]) -> list[tuple[LifecycleRule, Quirk]]:
    """The rules of which a gateway of ``version`` is known to drop a part.

    + version: ``18.2.7``; a version that was not tried is judged as the one before it, and the
      read-back after each write has the last word
    """
    known = [quirk for quirk in QUIRKS if quirk.drops and _nearest(version) in quirk.seen]
    return [
        (rule, quirk) for rule in rules for quirk in known if getattr(rule, quirk.drops) is not None
    ]


def _nearest(version: str) -> str:
    """The tried version of the same major release, or none: a new release may have mended it."""
    major = version.partition(".")[0]
    return next((tried for tried in TRIED if tried.partition(".")[0] == major), "")


def table() -> str:
    """The quirks as a Markdown table."""
    head = ["what the gateway does", *TRIED, "what Lakestead does"]
    lines = [head, ["---"] * len(head)]
    for quirk in QUIRKS:
        lines.append([quirk.what, *(_mark(quirk, version) for version in TRIED), quirk.answer])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _mark(quirk: Quirk, version: str) -> str:
    if version in quirk.seen:
        return "yes"
    return "not tried" if version in quirk.untried else "no"
