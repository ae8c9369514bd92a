"""Answers to review's questions, kept in the section ``answers`` of the inventory's group data.

Only that one assignment of the file is written; everything else in it stays as it is.
"""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lakestead.errors import LakesteadError, WrongUsage
from lakestead.plan.triggers import ASKED
from lakestead.settings.framework import unknown
from lakestead.settings.review import Answer
from lakestead.settings.source import Sources

HEAD = "# What lakestead review asks; it writes the answers here itself.\n"


def given(pairs: tuple[str, ...]) -> dict[str, str]:
    """``QUESTION=yes`` as typed on the command line; raises WrongUsage for anything else."""
    found = {}
    for pair in pairs:
        name, _, answer = pair.partition("=")
        if name not in ASKED:
            raise WrongUsage(f"--answer {name} {unknown(name, ASKED)}")
        if answer not in ("yes", "no"):
            raise WrongUsage(f"--answer {pair}: {answer!r} is no answer", expected="yes or no")
        found[name] = answer
    return found


def record(answers: Mapping[str, Answer], sources: Sources, inventory: str) -> Path:
    """Write ``answers`` into the settings, beside those that are there; the file.

    Raises LakesteadError, with the lines to add, where that cannot be done safely.
    """
    file = _file(sources, inventory)
    section = render(answers)
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        section = render({**_there(text), **answers})
        after = with_section(text, section)
        ast.parse(after)
        _write(file, after)
    except (OSError, ValueError, SyntaxError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LakesteadError(
            "The answers cannot be written into the settings",
            where=str(file),
            found=reason or "",
            do=f"add them yourself:\n{section}",
        ) from None
    return file


def render(answers: Mapping[str, Answer]) -> str:
    """The assignment, as Python."""
    lines = []
    for name in ASKED:
        if name in answers:
            fields = answers[name].model_dump(exclude_defaults=True)
            words = ", ".join(f'"{key}": {_text(value)}' for key, value in fields.items())
            lines.append(f'    "{name}": {{{words}}},\n')
    return "answers = {\n" + "".join(lines) + "}\n"


def with_section(text: str, section: str) -> str:
    """``text`` with ``section`` in the place of its assignment of ``answers``, or at its end.

    Raises ValueError where ``answers`` is no plain value.
    """
    node = _assignment(text)
    if node is not None:
        lines = text.splitlines(keepends=True)
        return "".join([*lines[: node.lineno - 1], section, *lines[node.end_lineno :]])
    gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}{HEAD}{section}"


def _there(text: str) -> dict[str, Answer]:
    """The answers that a file has now."""
    node = _assignment(text)
    try:
        found = ast.literal_eval(node.value) if node is not None and node.value else {}
        return {name: Answer.model_validate(answer) for name, answer in found.items()}
    except (ValueError, TypeError, AttributeError):
        raise ValueError("answers is computed there, and no plain value") from None


def _assignment(text: str) -> ast.Assign | ast.AnnAssign | None:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(item, ast.Name) and item.id == "answers" for item in targets):
                return node
    return None


def _file(sources: Sources, inventory: str) -> Path:
    """The file that has answers already, else the one that is named after the inventory."""
    for file in sources.files:
        if _assignment(file.read_text(encoding="utf-8")):
            return file
    stem = Path(inventory).stem
    for file in sources.files:
        if file.stem == stem:
            return file
    return Path("group_data") / f"{stem}.py"


def _write(file: Path, text: str) -> None:
    """The whole file or the old one; its mode stays."""
    number, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, file.stat().st_mode if file.exists() else 0o644)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


def _text(value: object) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
