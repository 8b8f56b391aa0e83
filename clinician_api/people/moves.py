"""What another role or clinic leaves to a person, and what it takes. Pure."""

from __future__ import annotations

from alerts.rota.able import ANSWERS
from store.account_moves import AccountMove


def move_of(user_id: int, clinic_before: int | None, role: str, clinic_id: int | None) -> AccountMove:
    """The move of an account: as long as the clinic stays, what the new role answers, too, stays theirs."""
    stays = clinic_before == clinic_id
    keeps = tuple(str(audience) for audience in ANSWERS if stays and role in ANSWERS[audience])
    return AccountMove(user_id, str(role), clinic_id, keeps, leaves=not stays)
