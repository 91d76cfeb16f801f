"""The forms of the pages: what they accept, and what people read about the rest.

A host replaces some of them with subclasses of its own, named in the setting ``FORM_CLASSES``. Sockets and JSON
endpoints do not use them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from .conf import conf
from .exceptions import BadId, BadRequest, ChatError, ErrorCode, Rejected, error_text
from .protocol import requests
from .protocol.content import clean_content

FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
MUTE_HOURS: Final = {"1": 1, "8": 8}
MUTE_ALWAYS: Final = "always"
FILES_LIMIT: Final = 10
QUICK_REPLY_LENGTH: Final = 1000
DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
ERROR_CODES: Final = frozenset(map(str, ErrorCode))


# Fields


def _as_validation_error(field: forms.Field | None, error: ChatError) -> ValidationError:
    """Return the error with the field's own text for its code, if it has one, else the text of that code."""
    text = None if field is None else field.error_messages.get(error.code)
    return ValidationError(text or error_text(error), code=str(error.code))


class CheckedField(forms.Field):
    """A hidden field that accepts what ``read()`` accepts. An empty one is ``None``, or an error if it is required."""

    widget = forms.HiddenInput
    missing: ClassVar[type[ChatError]] = BadRequest

    def read(self, text: str) -> Any:
        """Return the value of a text that is not empty. Raises a ``ChatError`` for one that makes no sense."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return self.read(value)
        except ChatError as error:
            raise _as_validation_error(self, error) from None

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise _as_validation_error(self, self.missing())


class SeqField(CheckedField):
    """The number of a message."""

    def read(self, text: str) -> int:
        if not DIGITS.fullmatch(text):
            raise BadRequest
        return requests.seq(int(text), "seq")


class ClientIdField(CheckedField):
    """The id that makes a message one message, however often its form is submitted."""

    missing = BadId
    default_error_messages = {
        ErrorCode.BAD_ID: _("This form was not complete. Your text was not sent yet: send it again."),
        ErrorCode.CONFLICT: _(
            "This form was already used for another message. Your text was not sent yet: send it again."
        ),
    }

    def read(self, text: str) -> uuid.UUID:
        return requests.client_id(text, "client_id")


class KeyField(CheckedField):
    """The key of a room or a user."""

    missing = BadId

    def read(self, text: str) -> str:
        return requests.key(text, "key")


class CursorField(CheckedField):
    """The place in a list at which its next page begins."""

    def read(self, text: str) -> str:
        return requests.cursor(text, "cursor")


class ButtonField(CheckedField):
    """The value of a button: ``None`` if another button was pressed. An empty value is an error."""

    empty_values = [None]


class ButtonSeqField(ButtonField, SeqField):
    """The number of a message, as the value of a button."""


class FlagField(ButtonField):
    """``1`` for yes, ``0`` for no."""

    def read(self, text: str) -> bool:
        if text not in ("0", "1"):
            raise BadRequest
        return text == "1"


class DayField(CheckedField):
    """A day of the reader's, as the widget of a browser writes it: its beginning in the active time zone."""

    def read(self, text: str) -> datetime:
        try:
            day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the next line gives it the reader's zone
            return timezone.make_aware(day) if settings.USE_TZ else day
        except (ValueError, OverflowError):
            raise BadRequest from None


class MuteField(ButtonField):
    """The end of muting: ``0`` for not muted, a number of hours that the menu offers, or ``always``."""

    def read(self, text: str) -> datetime | None:
        if text == "0":
            return None
        if text == MUTE_ALWAYS:
            return FOR_EVER
        if text not in MUTE_HOURS:
            raise BadRequest
        return timezone.now() + timedelta(hours=MUTE_HOURS[text])


class TextField(forms.CharField):
    """A text as it was written: white space is kept, and ``read()`` decides what is accepted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)

    def read(self, text: str) -> str:
        """Return the text as it is used. Raises a ``ChatError`` for one that is not accepted."""
        raise NotImplementedError

    def to_python(self, value: Any) -> str:
        try:
            return self.read(super().to_python(value) or "")
        except ChatError as error:
            raise _as_validation_error(self, error) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the text to show again. A page cannot hold a NUL."""
        text = super().bound_data(data, initial)
        return text.replace("\0", "") if isinstance(text, str) else text


class ContentField(TextField):
    """The text of a message, as it is stored."""

    def __init__(self, *, may_be_empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.may_be_empty = may_be_empty

    def read(self, text: str) -> str:
        return clean_content(text, may_be_empty=self.may_be_empty)


class ReasonField(TextField):
    """The reason of a report."""

    default_error_messages = dict.fromkeys(
        (ErrorCode.BAD_REQUEST, ErrorCode.BAD_TEXT), _("Write what is wrong, in at most 1000 characters.")
    )

    def read(self, text: str) -> str:
        return requests.reason(text, "reason")


class QueryField(TextField):
    """A text to search for. An empty one searches for nothing."""

    def read(self, text: str) -> str:
        return requests.query(text, "query") if text.strip() else ""


# Forms


class ChatForm(forms.Form):
    """A form whose errors have the codes of the protocol. An error of the host's own is ``rejected``, with its text."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "pc-%s")
        super().__init__(*args, **kwargs)

    def chat_error(self) -> ChatError:
        """Return the first error that was found."""
        name, errors = next(iter(self.errors.as_data().items()))
        code = errors[0].code
        field = None if name == NON_FIELD_ERRORS else name
        return ChatError(code=code, field=field) if code in ERROR_CODES else Rejected(field=field)

    def add_chat_error(self, error: ChatError) -> None:
        """Add an error that was found after validation, to the field that it names."""
        field = None if error.field is None else self.fields.get(error.field)
        self.add_error(None if field is None else error.field, _as_validation_error(field, error))

    @property
    def alert(self) -> str:
        """The error that is shown above the form: the first one that does not stand beside a field of the host's."""
        added = {field.name for field in self.added_fields}
        texts = [str(errors[0]) for name, errors in self.errors.items() if name not in added]
        return str(next(iter([*self.non_field_errors(), *texts]), ""))

    @property
    def added_fields(self) -> list[forms.BoundField]:
        """The fields of a host's that the page shows, each with its own errors."""
        return []


def _message_box() -> forms.Textarea:
    return forms.Textarea(
        attrs={
            "class": "pc-input",
            "rows": 1,
            "dir": "auto",
            "autocomplete": "off",
            "placeholder": _("Write a message"),
            "data-pc-slot": "input",
        }
    )


class FilesInput(forms.FileInput):
    """A field for several files. Django's own widget would also read a box that clears one, and there is none."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files up to a limit, as a list. Without one it is empty."""

    widget = FilesInput
    default_error_messages = {"too_many": _("Choose at most %(limit)d files at once.")}

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        if len(files) > FILES_LIMIT:
            text = self.error_messages["too_many"] % {"limit": FILES_LIMIT}
            raise ValidationError(text, code="too_many")
        return [clean for file in files if (clean := super(FilesField, self).clean(file, initial))]


class MessageForm(ChatForm):
    """A new message. Each rendering has its own ``client_id``, so that a double submit stores one message."""

    kind: ClassVar[str] = "message"

    reply_to = SeqField(required=False)
    client_id = ClientIdField(initial=uuid.uuid4)
    content = ContentField(label=_("Message"), may_be_empty=True, widget=_message_box())
    file = FilesField(required=False, allow_empty_file=True)

    def clean(self) -> dict[str, Any]:
        """Require a text unless there is a file."""
        values = super().clean() or self.cleaned_data
        if "content" in values and not values.get("file"):
            try:
                clean_content(values["content"])
            except ChatError as error:
                self.add_chat_error(error)
        return values

    def prepare_retry(self) -> None:
        """Replace an id that cannot be used (again), and drop a reply to a message that is not there.

        Otherwise the id is kept: after "busy" the message may have been stored, and the same id prevents a duplicate.
        """
        submitted: Any = self.data
        data = submitted.copy()
        for name, value in {"client_id": str(uuid.uuid4()), "reply_to": ""}.items():
            if name in self.errors:
                data[self.add_prefix(name)] = value
        self.data = data


class EditForm(ChatForm):
    """The new text of a message."""

    kind: ClassVar[str] = "edit"

    content = ContentField(label=_("Message"), widget=_message_box())


class ReportForm(ChatForm):
    """The reason for which a message, or a whole chat, is reported."""

    kind: ClassVar[str] = "report"

    reason = ReasonField(
        label=_("What is wrong?"),
        widget=forms.Textarea(
            attrs={"class": "pc-input", "rows": 4, "dir": "auto", "maxlength": requests.REASON_LIMIT}
        ),
    )

    @property
    def added_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name != "reason"]

    @property
    def details(self) -> dict[str, Any]:
        """The arguments of :func:`~django_pairchat.services.report` beside the reason, from a form that is valid."""
        return {}

    @property
    def blocks(self) -> bool:
        """True if the person wants to block the other one, too."""
        return False


class SearchForm(ChatForm):
    """The text to search for."""

    kind: ClassVar[str] = "search"

    before = CursorField(required=False)
    query = QueryField(
        label=_("Search"),
        widget=forms.TextInput(
            attrs={
                "class": "pc-input",
                "type": "search",
                "dir": "auto",
                "autocomplete": "off",
                "placeholder": _("Search messages"),
                "maxlength": requests.QUERY_LIMIT,
            }
        ),
    )


class InboxForm(ChatForm):
    """A page of the list of chats; of those about the same thing as one of them, if ``about`` names it."""

    before = CursorField(required=False)
    about = forms.CharField(required=False, max_length=requests.KEY_LIMIT)


class GalleryForm(ChatForm):
    """A page of what was sent in a room, of one kind."""

    before = CursorField(required=False)
    tab = forms.CharField(required=False)


class StarsForm(ChatForm):
    """A page of the starred messages."""

    before = CursorField(required=False)


class HistoryForm(ChatForm):
    """A page of a room's messages, and the message that is replied to."""

    before = SeqField(required=False)
    after = SeqField(required=False)
    around = SeqField(required=False)
    reply = SeqField(required=False)
    date = DayField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if sum(values.get(name) is not None for name in ("before", "after", "around")) > 1:
            self.add_chat_error(BadRequest(field="before"))
        return values


class MessageRefForm(ChatForm):
    """A message of the room, or the room as a whole."""

    seq = SeqField(required=False)


class WithdrawForm(ChatForm):
    """A held message of the user's own."""

    client_id = ClientIdField()


class ReadForm(ChatForm):
    """The last message that was read."""

    seq = SeqField()


class SettingsForm(ChatForm):
    """One or more settings of a room, each by a button."""

    archived = FlagField(required=False)
    pinned = FlagField(required=False)
    blocked = FlagField(required=False)
    cleared = ButtonSeqField(required=False)
    marked_unread = FlagField(required=False)
    muted = MuteField(required=False)

    @property
    def named(self) -> list[str]:
        """The settings that were submitted."""
        return [name for name in self.fields if self.add_prefix(name) in self.data]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.named:
            self.add_chat_error(BadRequest())
        return values

    @property
    def changes(self) -> dict[str, Any]:
        """The settings that were submitted, as ``change_settings()`` takes them."""
        return {"muted_until" if name == "muted" else name: self.cleaned_data[name] for name in self.named}


class RoomPageForm(ChatForm):
    """A page of the rooms that a person has set apart in one way."""

    list = forms.ChoiceField(required=False, choices=[(name, name) for name in ("blocked", "muted", "archived")])
    before = CursorField(required=False)


class PreferencesForm(ChatForm):
    """The switches of a person for what others see. One that the policy takes away is not shown, and stays as it is."""

    shows_read_marks = forms.BooleanField(required=False, label=_("Others see how far I have read"))
    shows_presence = forms.BooleanField(required=False, label=_("Others see when I am online"))

    def __init__(self, *args: Any, offered: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(offered):
            del self.fields[name]


class QuickReplyForm(ChatForm):
    """A text to save, in the place of an earlier one if ``reply`` names that, or one to delete."""

    content = ContentField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"class": "pc-input", "rows": 3, "dir": "auto", "maxlength": QUICK_REPLY_LENGTH}),
    )
    reply = KeyField(required=False)
    delete = FlagField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("delete"):
            self.errors.pop("content", None)
        elif len(values.get("content", "")) > QUICK_REPLY_LENGTH:
            self.add_chat_error(ChatError(code=ErrorCode.TOO_LONG, field="content"))
        return values


class OpenForm(ChatForm):
    """The person to write to, and the signed topic of the button."""

    user = KeyField()
    topic = forms.Field(required=False, widget=forms.HiddenInput)


# A host's own


REPLACEABLE: Final[dict[str, type[ChatForm]]] = {
    form.kind: form for form in (MessageForm, EditForm, ReportForm, SearchForm)
}
"""The forms that the setting ``FORM_CLASSES`` can replace, by their names there."""

FormClass = TypeVar("FormClass", MessageForm, EditForm, ReportForm, SearchForm)


_offered: Final[dict[str, Any]] = {}


def offer_form(form: type[ReportForm]) -> None:
    """Let an installed app's form of reports take the place of this one, unless the host names its own."""
    _offered[form.kind] = form


def get_form_class(base: type[FormClass]) -> type[FormClass]:
    """Return the host's subclass of this form, an installed app's, or the form itself."""
    path = conf.form_classes.get(base.kind)
    found: type[FormClass] = _offered.get(base.kind, base) if path is None else import_string(path)
    return found
