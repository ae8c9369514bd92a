"""Reads phase 1's table with pyiceberg alone, knowing nothing of Lakestead but its settings."""

from __future__ import annotations

import base64
import json
import runpy
from pathlib import Path

from kubernetes import client, config
from pyiceberg.catalog import load_catalog

settings = runpy.run_path(str(Path(__file__).parents[2] / "group_data" / "lab.py"))
config.load_kube_config(settings["kube"]["kubeconfig"])
namespace, name = settings["object_storage"]["user"]["secret"].split("/")
secret = client.CoreV1Api().read_namespaced_secret(name, namespace).data
key, value = (
    base64.b64decode(secret[k]).decode() for k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
)
catalog = load_catalog(
    "lab",
    **{
        "type": "hive",
        "uri": settings["iceberg"]["thrift"],
        "s3.endpoint": settings["object_storage"]["endpoint"],
        "s3.region": settings["object_storage"]["region"],
        "s3.access-key-id": key,
        "s3.secret-access-key": value,
        "s3.force-virtual-addressing": "false",
        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
    },
)
table = catalog.load_table((settings["iceberg"]["namespace"], settings["iceberg"]["table"]))
snapshots = [snapshot.snapshot_id for snapshot in table.snapshots()]
seen = {
    "snapshots": len(snapshots),
    "rows": table.scan().to_arrow().num_rows,
    "rows in the older snapshot": table.scan(snapshot_id=snapshots[0]).to_arrow().num_rows,
}
print(json.dumps(seen))
