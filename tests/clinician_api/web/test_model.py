from __future__ import annotations

import pytest
from pydantic import ValidationError

from clinician_api.web.model import Model


class Example(Model):
    """One field."""

    said: str


def test_nothing_undeclared_comes_in_or_goes_out() -> None:
    assert Example(said="so").model_dump() == {"said": "so"}
    with pytest.raises(ValidationError):
        Example.model_validate({"said": "so", "more": 1})
