"""Lists in parts: an answer says where it ended, and the next question begins after it. Pure.

Nothing is skipped because something else came or went meanwhile: a part begins after a place in the order, not after so
many.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Final, TypeVar

from fastapi import Query

from clinician_api.web.errors import ApiError

T = TypeVar("T")
Key = tuple[int | str, ...]

MAX_LIMIT: Final = 500
MAX_CURSOR: Final = 200
_LARGEST: Final = 2**62

CursorQuery = Annotated[
    str | None,
    Query(
        min_length=1, max_length=MAX_CURSOR, pattern="^[A-Za-z0-9_-]+$",
        description="`next` of the answer before: what comes after it. The other parameters are to stay as they were",
    ),
]  # fmt: skip
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many; `next` leads to the others")]


def written(key: Key) -> str:
    """A cursor that means the place of `key` in the order."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).rstrip(b"=").decode()


def read(cursor: str | None, *shape: type) -> Key | None:
    """The key of a cursor, of members of these types; None without one; ApiError 422 for one that is none of ours."""
    if cursor is None:
        return None
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise _none_of_ours() from error
    # By its very type: true is an int, too.
    if not isinstance(found, list) or tuple(map(type, found)) != shape:
        raise _none_of_ours()
    if any(isinstance(one, int) and not -_LARGEST <= one <= _LARGEST for one in found):
        raise _none_of_ours()
    return tuple(found)


def part(items: Iterable[T], key: Callable[[T], Key], after: Key | None, limit: int) -> tuple[list[T], str | None]:
    """The first `limit` items, in the order of their keys, beyond `after`; and the cursor where there are more."""
    rest = sorted((item for item in items if after is None or key(item) > after), key=key)
    return rest[:limit], written(key(rest[limit - 1])) if len(rest) > limit else None


def _none_of_ours() -> ApiError:
    return ApiError(422, "no such place in the list", where="query.cursor", hint="take `next` of the answer before")
