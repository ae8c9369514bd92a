"""A SparkApplication: one job as the Spark Operator takes it.

The pods' details stand in templates, which spark-submit itself reads, so that the operator needs no
webhook. https://www.kubeflow.org/docs/components/spark-operator/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakestead.kube.client import ObjectRef
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.settings.spark import Process, Spark

API_VERSION = "sparkoperator.k8s.io/v1beta2"
KIND = "SparkApplication"
FINGERPRINT = "lakestead.io/fingerprint"
MANAGED_BY = "app.kubernetes.io/managed-by"
VERSION = "4.1.4"
"""Of the Spark in ``spark.image``: Iceberg's runtime is made for one minor version."""

SERVICE_ACCOUNT = "spark"
SCRIPTS = "spark-jobs"
"""The ConfigMap with the jobs' scripts."""

_FOLDER = "/opt/lakestead/jobs"
_USER = 185
_JAVA = (
    "-XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError "
    "-Dlog4j2.configurationFile=/opt/spark/log4j2.properties"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    + name: of its SparkApplication; two of one name never run side by side
    + script: file in the ConfigMap ``spark-jobs``
    + arguments: of the script
    """

    name: str
    script: str
    arguments: tuple[str, ...] = ()


def required(settings: Settings) -> Spark:
    """The section; raises WrongUsage where the settings have none."""
    if settings.spark is None:
        from lakestead.errors import WrongUsage

        raise WrongUsage(
            "The settings have no section spark, which phase 2 needs",
            do="see docs/phase-2-spark.md; group_data/anton.py has an example",
        )
    return settings.spark


def reference(settings: Settings, name: str) -> ObjectRef:
    """Where a job's SparkApplication is."""
    return ObjectRef(API_VERSION, KIND, name, required(settings).namespace)


def application(settings: Settings, job: Job) -> dict[str, Any]:
    """The manifest; an annotation has the fingerprint of all that decides about the job."""
    section = required(settings)
    spec: dict[str, Any] = {
        "type": "Python",
        "pythonVersion": "3",
        "mode": "cluster",
        "sparkVersion": VERSION,
        "image": section.image,
        "imagePullPolicy": section.image_pull_policy,
        "mainApplicationFile": f"local://{_FOLDER}/{job.script}",
        "arguments": list(job.arguments),
        "sparkConf": spark_conf(settings),
        "restartPolicy": {
            "type": "OnFailure",
            "onFailureRetries": section.retries,
            "onFailureRetryInterval": section.retry_pause,
            "onSubmissionFailureRetries": section.retries,
            "onSubmissionFailureRetryInterval": section.retry_pause,
        },
        "driver": {
            **_process(section.driver),
            "serviceAccount": SERVICE_ACCOUNT,
            "template": _template(settings, "spark-kubernetes-driver"),
        },
        "executor": {
            **_process(section.executor),
            "instances": section.executor.count,
            "template": _template(settings, "spark-kubernetes-executor"),
        },
    }
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": job.name,
            "namespace": section.namespace,
            "labels": {MANAGED_BY: "lakestead"},
            "annotations": {FINGERPRINT: fingerprint(spec)},
        },
        "spec": spec,
    }


def fingerprint(spec: Mapping[str, Any]) -> str:
    """What tells one job from another."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16]


def spark_conf(settings: Settings) -> dict[str, str]:
    """Iceberg's catalog in the metastore, its files and raw files on the gateway; no secret in it."""
    section, s3 = required(settings), settings.object_storage
    metastore = settings.metastore
    catalog = f"spark.sql.catalog.{section.catalog}"
    thrift = section.metastore or (
        f"thrift://{metastore.release}.{metastore.namespace}.svc.cluster.local:9083"
    )
    return {
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        "spark.sql.defaultCatalog": section.catalog,
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hive",
        f"{catalog}.uri": thrift,
        f"{catalog}.warehouse": metastore.warehouse.external,
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{catalog}.s3.endpoint": s3.cluster_endpoint,
        f"{catalog}.s3.path-style-access": "true",
        f"{catalog}.client.region": s3.region,
        # Where packets to it are dropped, a connection is otherwise tried for two minutes, three times.
        "spark.hadoop.hive.metastore.client.connection.timeout": "20s",
        "spark.hadoop.fs.s3a.endpoint": s3.cluster_endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": s3.region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(
            s3.cluster_endpoint.startswith("https")
        ).lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
        ),
        "spark.hadoop.fs.s3a.attempts.maximum": "3",
        "spark.ui.showConsoleProgress": "false",
        **{name: _text(value) for name, value in section.configuration.items()},
    }


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _process(process: Process) -> dict[str, Any]:
    return {
        "cores": process.cores,
        "coreRequest": str(process.cpu),
        "memory": f"{process.memory.bytes // 2**20}m",
        "memoryOverhead": f"{process.overhead.bytes // 2**20}m",
        "javaOptions": _JAVA,
    }


def _template(settings: Settings, container: str) -> dict[str, Any]:
    """Of a pod that the namespace's Pod Security (restricted) takes."""
    secret = user_secret(settings.object_storage.user.secret)
    env = [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": secret.ref.name, "key": key}}}
        for key in (secret.access_key, secret.secret_key)
    ]
    # The SDK finds no region by itself outside of Amazon's cloud, and asks for no other there.
    env += [
        {"name": "AWS_REGION", "value": settings.object_storage.region},
        {"name": "AWS_EC2_METADATA_DISABLED", "value": "true"},
    ]
    return {
        "metadata": {"labels": {"app.kubernetes.io/part-of": "lakestead"}},
        "spec": {
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _USER,
                "runAsGroup": _USER,
                "fsGroup": _USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": container,
                    "env": env,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [
                        {"name": "tmp", "mountPath": "/tmp"},
                        {"name": "jobs", "mountPath": _FOLDER, "readOnly": True},
                    ],
                }
            ],
            "volumes": [
                {"name": "tmp", "emptyDir": {}},
                {"name": "jobs", "configMap": {"name": SCRIPTS}},
            ],
        },
    }
