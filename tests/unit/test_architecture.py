"""Who may write to the cluster. (The import contracts are in pyproject.toml: lint-imports.)"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "lakestead"
WRITING = {"apply", "patch", "delete"}
ELSEWHERE = {
    "flux/reconcile.py": "called by operations: asks Flux to look again, by an annotation",
    "metastore/credentials.py": "called by operations: makes the Secret with the database's password",
    "backup/jobs.py": "called by operations: Jobs of backup, restore and drill, and their removal",
    "backup/recovery.py": "called by operations: restarts the metastores",
    "credentials/copies.py": "called by operations: asks External Secrets to look again, by an annotation",
    "credentials/kept.py": "called by operations: keeps a credential with the notes on its rotation",
    "flux/preview_patch.py": "dry runs of Flux's patches, by the raw request",
    "spark/follow.py": "called by operations: SparkApplications, and their removal",
    "kube/lease.py": "the lock of a run",
    "journal/restore.py": "rollback: puts back what a run has changed",
}


def test_only_operations_and_the_lab_write_to_the_cluster() -> None:
    writers = {
        str(file.relative_to(LIBRARY))
        for file in LIBRARY.rglob("*.py")
        if any(writing_calls(ast.parse(file.read_text())))
    }
    elsewhere = {file for file in writers if file.split("/")[0] not in ("operations", "lab")}
    assert elsewhere == set(ELSEWHERE)


def writing_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of the Api's writing methods; a dry run writes nothing."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        receiver = ast.unparse(node.func.value)
        if not any(word in receiver.lower() for word in ("api", "cluster")):
            continue
        keywords = {item.arg: ast.unparse(item.value) for item in node.keywords}
        method = ast.unparse(node.args[0]) if node.args else ""
        if (node.func.attr in WRITING and keywords.get("dry_run") != "True") or (
            node.func.attr == "raw" and method != "'GET'"
        ):
            yield node


def test_the_rule_sees_writes() -> None:
    seen = writing_calls(ast.parse("api.apply(x); self.cluster.raw('POST', p); api.delete(r)"))
    assert len(list(seen)) == 3
    assert not list(writing_calls(ast.parse("api.apply(x, dry_run=True); api.raw('GET', p)")))
