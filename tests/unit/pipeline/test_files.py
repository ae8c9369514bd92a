"""Raw files that are there are known by their ETags; data files that nothing refers to are found."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lakestead.errors import LakesteadError
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
    s3: Any = S3(raw__a=b"1", raw__b=b"2", more=b"3")
    wanted = {("lake", f"raw/{name}"): b"1" for name in "abc"}
    assert others(s3, wanted) == {("lake", "raw/b"): True, ("lake", "raw/c"): False}
    assert s3.asked == 1


def test_a_file_that_is_not_the_deliverys_is_refused() -> None:
    wanted = {("lake", "raw/a"): b"1"}
    s3: Any = S3(raw__a=b"1", raw__notes=b"2")
    with pytest.raises(LakesteadError, match="beside Lakestead's raw files") as caught:
        others(s3, wanted)
    assert caught.value.found == "s3://lake/raw/notes"
    assert caught.value.expected == "no others than a"
    assert "spark.raw" in caught.value.do
    many: Any = S3(**{f"raw__{number}": b"2" for number in range(7)})
    with pytest.raises(LakesteadError) as caught:
        others(many, wanted)
    assert caught.value.found.splitlines()[4:] == ["s3://lake/raw/4", "and 2 more"]


def test_what_the_job_does_not_read_is_no_stranger() -> None:
    s3: Any = S3(raw__=b"", raw___SUCCESS=b"2", raw__empty=b"", raw__folder__x=b"2", rawer__x=b"2")
    assert others(s3, {("lake", "raw/a"): b"1"}) == {("lake", "raw/a"): False}


def test_data_files_without_a_snapshot() -> None:
    s3: Any = S3(w__t__data__a=b"", w__t__data__b=b"", w__t__metadata__m=b"", w__t2__data__c=b"")
    assert orphans(s3, "s3a://lake/w/t", ["s3://lake/w/t/data/a"]) == ["s3://lake/w/t/data/b"]
