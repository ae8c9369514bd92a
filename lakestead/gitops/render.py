"""The files under ``templates/homelab``, rendered for the homelab repo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).resolve().parents[2] / "templates/homelab"


def render(folder: str, **values: Any) -> dict[str, bytes]:
    """Path in the homelab repo → content, of each ``*.j2`` under ``templates/homelab/<folder>``.

    A template that renders to nothing is no file. A value that is missing is an error. In YAML templates every value is written as JSON, which YAML
    takes: ``name: {{ name | tojson }}``.

    + folder: path in the homelab repo; ``.`` is all of it; a file's own path is that file
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    prefix = "" if folder == "." else folder.rstrip("/")
    files = {
        name.removesuffix(".j2"): environment.get_template(name).render(values).encode()
        for name in environment.list_templates(extensions=["j2"])
        if not prefix or name == f"{prefix}.j2" or name.startswith(f"{prefix}/")
    }
    if not files:
        raise ValueError(f"no template under {TEMPLATES / folder}")
    return {name: content for name, content in files.items() if content.strip()}
