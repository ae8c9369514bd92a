"""What a Trino server's memory allocation is divided into.

A server's pod may use no more than its allocation. What the JVM uses beside its heap has to fit in it
too, and of the heap a part is kept for what Trino does not count (``memory.heap-headroom-per-node``):
https://trino.io/docs/current/admin/properties-resource-management.html
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20

_BESIDE_HEAP_AT_LEAST = 640
"""MiB for metaspace, code cache, threads and direct buffers: at 1 to 2 GiB of heap a server that was at
work used 460 to 560 MiB beside its heap, at any load (docs/phase-3-trino.md)."""

_HEAP_AT_LEAST = 512
"""MiB. Below it an idle server spends its time collecting garbage."""

_G1_FROM = 4096
"""MiB of heap from which a collector that runs beside the program is worth its own memory."""


@dataclass(frozen=True, slots=True)
class TrinoMemory:
    """One server's memory, in MiB.

    + heap: ``-Xmx``
    + headroom: ``memory.heap-headroom-per-node``
    + query: ``query.max-memory-per-node``, what one query may use on this server
    """

    heap: int
    headroom: int
    query: int

    @property
    def collector(self) -> str:
        """The JVM's option."""
        return "UseG1GC" if self.heap >= _G1_FROM else "UseSerialGC"


def divide(allocation: int) -> TrinoMemory:
    """The memory of one server.

    15 % of the allocation, and 640 MiB at least, are not heap. Of the heap, a quarter is headroom, and one
    query may have four fifths of the rest: what remains is for those that run beside it.

    + allocation: bytes of the pod

    ValueError where too little would remain to start with.
    """
    total = allocation // MIB
    heap = min(total - _BESIDE_HEAP_AT_LEAST, total * 85 // 100)
    if heap < _HEAP_AT_LEAST:
        least = _BESIDE_HEAP_AT_LEAST + _HEAP_AT_LEAST
        raise ValueError(
            f"is too little for a Trino server: {_BESIDE_HEAP_AT_LEAST}Mi are not heap, and"
            f" {max(heap, 0)}Mi of heap would be left; at least {least}Mi"
        )
    headroom = heap // 4
    return TrinoMemory(heap=heap, headroom=headroom, query=(heap - headroom) * 4 // 5)


def cluster_query(worker: TrinoMemory, workers: int) -> int:
    """``query.max-memory`` in MiB: what one query may use on all workers together."""
    return worker.query * workers
