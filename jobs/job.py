"""What the sample jobs have in common: a session, a folder of files, a result that can be read back."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import SparkSession

RESULT = "/dev/termination-log"


def session() -> SparkSession:
    """Spark as the SparkApplication's ``sparkConf`` describes it: catalog, S3, memory."""
    return SparkSession.builder.getOrCreate()


def files(spark: SparkSession, folder: str) -> list[str]:
    """Names of the files in a folder; hidden ones and empty ones are none."""
    jvm: Any = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(folder)
    found = path.getFileSystem(spark._jsc.hadoopConfiguration()).listStatus(path)
    names = [(item.getPath().getName(), item) for item in found]
    return sorted(
        name
        for name, item in names
        if item.isFile() and item.getLen() and not name.startswith(("_", "."))
    )


def tell(**result: Any) -> None:
    """The job's result: the last line of its log, and what Kubernetes keeps of its pod."""
    text = json.dumps(result)
    print(f"result: {text}", flush=True)
    try:
        with open(RESULT, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        pass  # not in a container
