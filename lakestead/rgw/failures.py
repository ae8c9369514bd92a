"""What can go wrong between us and the object gateway, as messages that a user can act on."""

from __future__ import annotations

from lakestead.errors import LakesteadError


class RgwError(LakesteadError):
    """The gateway answered with an HTTP status of 400 or more.

    + status: the HTTP status
    + code: the gateway's word for it: ``NoSuchUser``, ``AccessDenied``, …
    """

    def __init__(self, what: str, *, status: int, code: str, **more: str) -> None:
        self.status = status
        self.code = code
        super().__init__(what, **more)


class RgwUnreachable(LakesteadError):
    """No answer came from the gateway, or only that it cannot serve (502, 503, 504)."""


# What the gateway calls an access key that it does not know, and a secret that does not fit.
WRONG_KEY = ("InvalidAccessKeyId", "SignatureDoesNotMatch")
OVERLOADED = (502, 503, 504)

# What each refusal means, what would have been right and what to do; {who}: whose key it was.
_KEY = (
    "The object gateway does not accept the key of {who}",
    "a key pair that the gateway knows",
    "delete that Secret and run again: it is written anew from the gateway's own keys",
)
MEANING = {
    **dict.fromkeys(WRONG_KEY, _KEY),
    "RequestTimeTooSkewed": (
        "The clocks of this machine and of the object gateway differ too much",
        "",
        "set this machine's clock",
    ),
    "QuotaExceeded": (
        "The object gateway refuses to store more for the key of {who}: a quota is used up",
        "",
        "raise the quota of the user or of the bucket in object_storage, or delete objects",
    ),
}


def unreachable(endpoint: str, request: str, found: str) -> RgwUnreachable:
    """The error for a gateway that does not serve; ``request`` as for ``refused``."""
    if "CERTIFICATE_VERIFY_FAILED" in found:
        return RgwUnreachable(
            f"The certificate of the object gateway at {endpoint} is not trusted",
            where=endpoint,
            found=found,
            expected="a certificate of an authority that this machine knows",
            do="name the authority's file in object_storage.ca_bundle",
        )
    return RgwUnreachable(
        f"The object gateway at {endpoint} does not serve",
        where=f"{request} at {endpoint}",
        found=found,
        expected="an answer of the gateway (radosgw)",
        do="look at its pods (kubectl get pods --all-namespaces --selector app=rook-ceph-rgw), at "
        "ceph status in the toolbox, and whether object_storage.endpoint is right",
    )


def refused(
    endpoint: str, request: str, status: int, code: str, message: str, *, who: str
) -> LakesteadError:
    """The error for an answer of HTTP status 400 or more.

    + request: what was asked, without any secret: ``GET /admin/user``, ``PutBucketPolicy``
    + who: whose key signed it
    """
    if status in OVERLOADED:
        return unreachable(endpoint, request, f"HTTP {status} {code}".rstrip())
    lacks_caps = code == "AccessDenied" and "/admin/" in request
    what, expected, do = MEANING.get(
        code,
        (
            f"The object gateway refuses {request}, signed with the key of {{who}}",
            "the key of a user with the caps users=*, buckets=*" if lacks_caps else "",
            "",
        ),
    )
    return RgwError(
        what.format(who=who),
        status=status,
        code=code,
        where=f"{request} at {endpoint}",
        found=f"HTTP {status} {code}" + (f": {message}" if message and message != code else ""),
        expected=expected,
        do=do,
    )
