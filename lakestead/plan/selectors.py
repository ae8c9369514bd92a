"""Which labels a selector means: of pods, of nodes, of namespaces; read from raw JSON.

Sources: k8s.io/apimachinery/pkg/labels, k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Labels = Mapping[str, str]


def selects(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Whether a LabelSelector means these labels; none at all means nothing, an empty one all."""
    if selector is None:
        return False
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_holds(term, labels) for term in selector.get("matchExpressions") or ())


def node_selected(terms: Iterable[Mapping[str, Any]], name: str, labels: Labels) -> bool:
    """Whether one of the terms of a NodeSelector means the node; a term without rules means none."""
    return any(_node_term(term, name, labels) for term in terms)


def topology_allowed(terms: Sequence[Mapping[str, Any]], labels: Labels) -> bool:
    """Whether a StorageClass's ``allowedTopologies`` let a volume be on a node; none allow all."""
    return not terms or any(
        all(
            labels.get(rule["key"]) in rule["values"]
            for rule in term.get("matchLabelExpressions") or ()
        )
        for term in terms
    )


def _node_term(term: Mapping[str, Any], name: str, labels: Labels) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(_holds(rule, labels) for rule in expressions) and all(
        _holds(rule, {"metadata.name": name}) for rule in fields
    )


def _holds(rule: Mapping[str, Any], labels: Labels) -> bool:
    key, operator = rule["key"], rule["operator"]
    values: Sequence[str] = rule.get("values") or ()
    there = labels.get(key)
    if operator == "In":
        return there in values
    if operator == "NotIn":
        return there not in values
    if operator == "Exists":
        return there is not None
    if operator == "DoesNotExist":
        return there is None
    try:
        found, bound = int(there or ""), int(values[0])
    except (ValueError, IndexError):
        return False
    return found > bound if operator == "Gt" else operator == "Lt" and found < bound
