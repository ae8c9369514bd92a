"""Raw files that are there are known by their ETags; data files that nothing refers to are found."""

from __future__ import annotations

import hashlib
from typing import Any

from lakestead.pipeline.files import orphans, others


class S3:
    """A bucket, and how often it was asked."""

    def __init__(self, **content: bytes) -> None:
        self.content = {key.replace("__", "/"): value for key, value in content.items()}
        self.asked = 0

    def pages(self, _: str, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        self.asked += 1
        found = [
            {"Key": key, "ETag": f'"{hashlib.md5(content).hexdigest()}"'}
            for key, content in self.content.items()
            if key.startswith(Prefix)
        ]
        return [{"Contents": found[:1]}, {"Contents": found[1:]}, {}]


def test_what_is_missing_and_what_is_another() -> None:
    s3: Any = S3(raw__a=b"1", raw__b=b"2", raw__more=b"3")
    wanted = {("lake", f"raw/{name}"): b"1" for name in "abc"}
    assert others(s3, wanted) == {("lake", "raw/b"): True, ("lake", "raw/c"): False}
    assert s3.asked == 1


def test_data_files_without_a_snapshot() -> None:
    s3: Any = S3(w__t__data__a=b"", w__t__data__b=b"", w__t__metadata__m=b"", w__t2__data__c=b"")
    assert orphans(s3, "s3a://lake/w/t", ["s3://lake/w/t/data/a"]) == ["s3://lake/w/t/data/b"]
