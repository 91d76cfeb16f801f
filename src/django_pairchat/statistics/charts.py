"""The charts of the page: one for each kind of figure, from two queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..core.access import database
from .added import added_figures
from .models import DailyFigures, RefusalCount
from .svg import columns, lines

TOPICS_SHOWN: Final = 10
SECONDS_PER_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, and the same as a table. ``headings`` has one text for each column of ``rows``."""

    name: str
    title: str
    summary: str
    picture: SafeString | None
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def charts(days: int) -> list[Chart]:
    """Return the charts of the last whole days. It takes two queries."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    first = today - timedelta(days=days)
    counted = {each.day: each for each in DailyFigures.objects.using(database()).filter(day__gte=first, day__lt=today)}
    shown = [first + timedelta(days=number) for number in range(days)]
    return [
        _daily("messages", _("Messages"), shown, lambda day: _value(counted, day, "messages")),
        _daily("new_chats", _("New chats"), shown, lambda day: _value(counted, day, "new_chats")),
        _daily(
            "answers",
            _("Minutes to the first answer (median of a day)"),
            shown,
            lambda day: _minutes(counted, day),
            total=False,
        ),
        *(
            _daily(name, str(figure.title), shown, lambda day, name=name: _more(counted, day, name))  # type: ignore[misc]  # mypy knows no default in a lambda
            for name, figure in added_figures().items()
        ),
        _refusals(first),
        _topics(counted.values()),
    ]


def _value(counted: dict[date, DailyFigures], day: date, name: str) -> float | None:
    return getattr(counted[day], name) if day in counted else None


def _minutes(counted: dict[date, DailyFigures], day: date) -> float | None:
    seconds = _value(counted, day, "answer_seconds")
    return None if seconds is None else round(seconds / SECONDS_PER_MINUTE, 1)


def _more(counted: dict[date, DailyFigures], day: date, name: str) -> float | None:
    return counted[day].more.get(name) if day in counted else None


def _daily(
    name: str, title: str, days: Sequence[date], value: Callable[[date], float | None], *, total: bool = True
) -> Chart:
    values = [value(day) for day in days]
    names = [date_format(day, "SHORT_DATE_FORMAT") for day in days]
    summary = _summary(days, names, values, total=total)
    texts = [_number(each) for each in values]
    picture = columns(f"pairchat-{name}", title, summary, names=names, values=values, texts=texts)
    rows = list(zip(names, texts, strict=True))
    return Chart(name, title, summary, picture if any(values) else None, (_("Day"), title), rows)


def _summary(days: Sequence[date], names: Sequence[str], values: Sequence[float | None], *, total: bool) -> str:
    known = [each for each in values if each is not None]
    if not known:
        return _("No day was counted yet.")
    highest = max(known)
    on = names[list(values).index(highest)]
    most = _("The most were %(number)s on %(day)s.") % {"number": _number(highest), "day": on}
    if not total:
        return most
    together = ngettext("%(sum)s in %(count)d day.", "%(sum)s in %(count)d days.", len(known))
    return f"{together % {'sum': _number(sum(known)), 'count': len(known)}} {most}"


def _refusals(first: date) -> Chart:
    found = RefusalCount.objects.using(database()).filter(day__gte=first).order_by()
    counts = found.values_list("code").annotate(total=Sum("count")).order_by("-total", "code")
    title = _("Refusals by code")
    return _ranked("refusals", title, (_("Code"), _("Refusals")), [(str(code), int(total)) for code, total in counts])


def _topics(days: Any) -> Chart:
    messages: Counter[tuple[str, str]] = Counter()
    titles: dict[tuple[str, str], str] = {}
    for topic in (topic for day in days for topic in day.topics):
        key = (topic["type"], topic["key"])
        messages[key] += topic["messages"]
        titles[key] = topic["title"] or topic["key"]
    ranked = [(titles[key], count) for key, count in messages.most_common(TOPICS_SHOWN)]
    return _ranked("topics", _("Busiest topics"), (_("Topic"), _("Messages")), ranked)


def _ranked(name: str, title: str, headings: tuple[str, str], ranked: Sequence[tuple[str, int]]) -> Chart:
    names, counts = [text for text, _count in ranked], [count for _text, count in ranked]
    texts = [_number(count) for count in counts]
    summary = "; ".join(f"{text}: {number}" for text, number in zip(names, texts, strict=True))
    picture = lines(f"pairchat-{name}", title, summary, names=names, values=counts, texts=texts)
    rows = list(zip(names, texts, strict=True))
    # What the picture says in words is in the table, too.
    return Chart(name, title, "" if ranked else _("There were none."), picture if ranked else None, headings, rows)


def _number(value: float | None) -> str:
    return "–" if value is None else str(number_format(value, use_l10n=True, force_grouping=True))


def total_days(options: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield each choice of days with its text."""
    for days in options:
        yield days, ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
