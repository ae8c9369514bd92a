"""A YAML file of the homelab repo that is edited as text: what it holds, and where that stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml


def mapping(
    content: bytes, unfit: Callable[[str], Exception]
) -> tuple[str, dict[str, Any], yaml.MappingNode]:
    """The text, its data, and the nodes with their places in the text.

    + unfit: makes the error of what was found instead of one document with a mapping at the top
    """
    try:
        text = content.decode()
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise unfit(f"no valid YAML of one document: {error}") from None
    if not isinstance(node, yaml.MappingNode):
        raise unfit("no mapping at the top")
    return text, data, node
