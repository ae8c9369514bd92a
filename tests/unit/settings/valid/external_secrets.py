import runpy as _runpy
from pathlib import Path as _Path

_minimal = _runpy.run_path(str(_Path(__file__).with_name("minimal.py")))

secrets = {
    "kind": "external-secrets",
    "namespace": "kept",
    "refresh": "15m",
    "max_age_days": 30,
    "operator": {
        "repository": "https://charts.example",
        "version": "0.19.2",
        "values": {"webhook": {"create": False}},
    },
}
rotate_before = "2026-11-21T20:00"
object_storage = {
    **_minimal["object_storage"],
    "user": {**_minimal["object_storage"]["user"], "secret": "kept/lakehouse-s3"},
}
metastore = {
    **_minimal["metastore"],
    "database": {**_minimal["metastore"]["database"], "namespace": "kept"},
}
