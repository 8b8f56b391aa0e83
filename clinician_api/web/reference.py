"""The page that shows our description to people: plain HTML, no script, nothing from elsewhere. Pure.

Who may ask is told from the same table that the application asks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from clinician_api.access import MAY, ROUTES, Role

Schema = Mapping[str, Any]

_CODE = re.compile(r"`([^`]+)`")
_BOUNDS = {
    "minimum": "at least {}", "exclusiveMinimum": "above {}", "maximum": "at most {}", "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters", "maxLength": "at most {} characters", "pattern": "as {}",
    "minItems": "at least {}", "maxItems": "at most {}",
}  # fmt: skip


def page(document: Mapping[str, Any]) -> str:
    """The whole page of an OpenAPI document; the style is `docs.css` beside it."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_operation(method.upper(), path, operation))
    for webhook in document["webhooks"].values():
        groups["live"].append(_message(webhook["post"]))
    title = escape(document["info"]["title"])
    parts = [
        f"<h1>{title}</h1>", _prose(document["info"]["description"]),
        '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>',
        "<nav aria-label='Groups'><ul>",
        *(f'<li><a href="#of-{escape(tag)}">{escape(tag)}</a></li>' for tag in sorted(groups)),
        '<li><a href="#bodies">bodies</a></li></ul></nav>',
        *(f'<h2 id="of-{escape(tag)}">{escape(tag)}</h2>{"".join(groups[tag])}' for tag in sorted(groups)),
        '<h2 id="bodies">Bodies</h2>',
        *(_body(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
    ]  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="docs.css"></head><body><main>\n'
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def who_may(method: str, path: str) -> str:
    """Which roles may ask, in words."""
    needed = ROUTES[method, path]
    if needed is None:
        return "everybody, without a session"
    roles = [role for role in Role if needed in MAY[role]]
    return ", ".join(roles) or "nobody"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [
        f'<section id="{escape(operation["operationId"])}"><h3>{method} <code>{escape(path)}</code></h3>',
        _prose(operation.get("description", "")),
        f"<p><b>Who may:</b> {escape(who_may(method, path))}</p>",
        _table(
            ("parameter", "in", "what", ""),
            (
                (
                    f"<code>{escape(one['name'])}</code>" + ("" if one.get("required") else " (optional)"),
                    escape(one["in"]), kind(one["schema"]), _inline(one.get("description", "")),
                )
                for one in operation.get("parameters", ())
            ),
        ),
    ]  # fmt: skip
    if "requestBody" in operation:
        parts.append(f"<p><b>Body:</b> {_content(operation['requestBody'])}</p>")
    answers = operation["responses"].items()
    rows = ((escape(status), _content(one), _inline(one["description"])) for status, one in answers)
    return "".join([*parts, _table(("answer", "what", ""), rows), "</section>"])


def _message(operation: Mapping[str, Any]) -> str:
    what = _content(operation["requestBody"])
    return f"<section><h3>{escape(operation['summary'])}</h3>{_prose(operation['description'])}<p>{what}</p></section>"


def _content(holder: Mapping[str, Any]) -> str:
    # Of errors and of ours alike there is one form; where there are several, they are the same in other words.
    found = [kind(one["schema"]) for one in holder.get("content", {}).values() if "schema" in one]
    return " or ".join(dict.fromkeys(found)) or "nothing"


def _body(name: str, schema: Schema) -> str:
    wanted = schema.get("required", ())
    rows = (
        (f"<code>{escape(field)}</code>" + ("" if field in wanted else " (optional)"), kind(of), _described(of))
        for field, of in schema.get("properties", {}).items()
    )
    what = _table(("member", "what", ""), rows) if "properties" in schema else f"<p>{kind(schema)}</p>"
    head = f'<section id="body-{escape(name)}"><h3>{escape(name)}</h3>'
    return head + _prose(schema.get("description", "")) + what + "</section>"


def kind(schema: Schema) -> str:
    """What a value is, as HTML."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f'<a href="#body-{name}">{name}</a>'
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(kind(one) for one in schema[several]))
    if "const" in schema or "enum" in schema:
        return " | ".join(f"<code>{escape(str(one))}</code>" for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}{_bounds(schema)}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"by name: {kind(schema['additionalProperties'])}"
    return escape(str(schema.get("format") or schema.get("type") or "anything")) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    said = [
        text.format(f"<code>{escape(str(schema[name]))}</code>") for name, text in _BOUNDS.items() if name in schema
    ]
    return ", ".join(["", *said])


def _described(schema: Schema) -> str:
    default = f" (<code>{escape(str(schema['default']))}</code> if not said)" if "default" in schema else ""
    return _inline(schema.get("description", "")) + default


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    names = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in head)
    return (
        f'<div class="table"><table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>'
        if lines
        else ""
    )


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.split("\n\n") if part)


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
