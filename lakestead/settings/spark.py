"""Spark: the operator, the namespace of its jobs, and what the jobs may use."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from lakestead.settings.framework import Section
from lakestead.settings.quantity import Cpu, Memory

Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=53)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=128)]

RELEASE = "spark-operator"
"""Name of the operator's HelmRelease, in the metastore's namespace."""

LEAST = 480
"""Mi of heap: Spark starts no driver or executor with less than 450 of them to be had, and the collector
keeps a thirtieth."""


class SparkOperator(Section):
    """The Spark Operator's release; what its pod requests is in ``allocations``.

    + repository, version: the Helm repository with the chart ``spark-operator``
    + image: another one than the chart's: with a Spark that submits, images/spark-operator;
      REGISTRY/REPOSITORY:TAG
    + values: of the chart, merged into those of Lakestead
    """

    repository: Annotated[str, Field(pattern=r"^(https?|oci)://[^@]+$")] = (
        "https://kubeflow.github.io/spark-operator"
    )
    version: Text = "2.5.2"
    image: Annotated[str, Field(pattern=r"^[^/ ]+/[^ ]+:[^/: ]+$")] | None = None
    values: dict[Text, Any] = {}


class Process(Section):
    """A driver, or each of the executors.

    + cpu: requested; what is free beyond that may be used
    + cores: tasks that it runs side by side
    + memory: of the JVM's heap, from 480Mi
    + overhead: memory beside the heap: Python, buffers, the JVM itself
    """

    cpu: Cpu
    cores: Annotated[int, Field(gt=0)] = 1
    memory: Memory
    overhead: Memory

    @model_validator(mode="after")
    def _whole_mebibytes(self) -> Process:
        for amount in (self.memory, self.overhead):
            if amount.bytes % 2**20:
                raise ValueError("memory and overhead in whole Mi or Gi, as Spark counts")
        if self.memory.bytes < LEAST * 2**20:
            raise ValueError(f"memory of at least {LEAST}Mi; Spark does not start with less")
        return self

    @property
    def bytes(self) -> int:
        """What its pod requests, and may not exceed."""
        return self.memory.bytes + self.overhead.bytes


class Executors(Process):
    """All executors of a job.

    + count: pods
    """

    count: Annotated[int, Field(gt=0)] = 1


class Quota(Section):
    """What all jobs together may request: the ResourceQuota of their namespace."""

    cpu: Cpu
    memory: Memory
    pods: Annotated[int, Field(gt=1)]


class Spark(Section):
    """Spark on Kubernetes.

    + namespace: of the jobs
    + image: of drivers and executors: images/spark
    + image_pull_policy: as Kubernetes has it
    + metastore: Iceberg's catalog as pods reach it; by default the metastore's Service
    + catalog: name that jobs use for it
    + driver, executor: of a job that says nothing else
    + quota: of all jobs together
    + configuration: further properties of Spark for every job; these win
    + retries: how often a job that failed is run again
    + retry_pause: seconds before that
    + timeout: seconds for one job, retries included
    + sample, raw: of the sample jobs: Iceberg namespace of their table, and the folder of their raw files
    """

    namespace: Name = "spark"
    operator: SparkOperator = SparkOperator()
    image: Text
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    metastore: Annotated[str, Field(pattern=r"^thrift://[A-Za-z0-9.-]+:[0-9]{1,5}$")] | None = None
    catalog: Identifier = "lakehouse"
    driver: Process
    executor: Executors
    quota: Quota
    configuration: dict[Text, str | int | bool] = {}
    retries: Annotated[int, Field(ge=0)] = 2
    retry_pause: Annotated[int, Field(ge=0)] = 10
    timeout: Annotated[int, Field(gt=0)] = 900
    sample: Identifier = "sample"
    raw: Annotated[str, Field(pattern=r"^s3a://[a-z0-9.-]+/[^ ]*[^/ ]$")]

    @model_validator(mode="after")
    def _a_job_fits(self) -> Spark:
        memory = self.driver.bytes + self.executor.count * self.executor.bytes
        cpu = self.driver.cpu.millicores + self.executor.count * self.executor.cpu.millicores
        pods = 1 + self.executor.count
        asked = f"a job's driver and {self.executor.count} executors ask for"
        if memory > self.quota.memory.bytes:
            raise ValueError(f"{asked} {memory // 2**20}Mi, and quota.memory is less")
        if cpu > self.quota.cpu.millicores:
            raise ValueError(f"{asked} {cpu}m, and quota.cpu is less")
        if pods > self.quota.pods:
            raise ValueError(f"{asked} {pods} pods, and quota.pods is less")
        return self
