"""The functions of this app that a host may call."""

from .added import add_daily_figure
from .roll_up import roll_up

__all__ = ["add_daily_figure", "roll_up"]
