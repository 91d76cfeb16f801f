"""The notifier that sends mails."""

from __future__ import annotations

import smtplib
from email.headerregistry import HeaderRegistry
from email.utils import parseaddr
from traceback import walk_tb
from typing import Any, ClassVar, Final

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext_lazy as _

from ..policy import get_policy
from ..utils.site import site_name
from . import links
from .conf import conf
from .notifiers import News, Notifier, Refused, RoomNews, Unavailable, Unconfirmed
from .people import Person
from .replies.address import reply_address
from .replies.quotes import marker

TEMPLATES: Final = "pairchat/notifications/mail"
UNENCODED: Final = frozenset(
    {"list-unsubscribe", "list-unsubscribe-post", "message-id", "references", "in-reply-to", "reply-to"}
)
SERVER_CLOSES: Final = 421
PERMANENT: Final = 500
NEEDS_LOGIN: Final = 530
SERVER_IN_TROUBLE: Final = "4.3"
OF_THE_SERVER: Final = frozenset({"5.3", "5.7"})
"""The status codes of the server's state and of its rules, such as for whom it passes mails on."""

SUBJECT_LENGTH: Final = 200


class UnencodedHeader(str):
    """A value of plain ASCII that leaves as it is, with a line for each of its words.

    Since Django 6.0 mails are built by Python's newer policy, which writes a part that is longer than a line as
    encoded words. No receiver reads an address in them.
    """

    __slots__ = ("name",)

    name: str

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


class ChatMail(EmailMultiAlternatives):
    """A mail whose technical headers are never encoded, on every version of Django."""

    def message(self, **options: Any) -> Any:
        message = super().message(**options)
        if hasattr(message.policy, "header_factory"):
            for name, text in self.extra_headers.items():
                if name.lower() in UNENCODED and text.isascii():
                    value = UnencodedHeader(text)
                    value.name = name
                    del message[name]
                    message[name] = value
        return message


class MailNotifier(Notifier):
    """Sends one mail for all rooms, as text and HTML, with an address that unsubscribes in one click."""

    channel: ClassVar[str] = "mail"
    label = _("E-mail")

    def can_reach(self, person: Person) -> bool:
        return bool(get_policy().mail_address(person.user))

    def send(self, news: News) -> None:
        mail = self.compose(news)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            for code, text in error.recipients.values():
                _raise_for(code, text)
            raise
        except smtplib.SMTPDataError as error:
            # A text may be refused because of the sender, and then everybody's is. So nobody is given up at once.
            _raise_if_away(error.smtp_code, error.smtp_error)
            raise
        except (smtplib.SMTPException, OSError) as error:
            # Of the whole server: it is away, closes the connection, or wants another login or sender. The error of a
            # certificate is a ValueError, too, so this comes first.
            raise (Unconfirmed if _has_sent_text(error) else Unavailable)(repr(error)) from error
        except ValueError as error:
            if not _is_address(mail.to[0]):
                raise Refused(f"the address is not valid ({type(error).__name__})") from None
            if not _is_address(mail.from_email):
                raise Unavailable(f"the sender is not valid: set MAIL_FROM or DEFAULT_FROM_EMAIL ({error})") from error
            raise

    def compose(self, news: News) -> ChatMail:
        """Return the mail, ready to be sent, in the active language."""
        person = news.person
        context = self.context(news)
        subject = _one_line(render_to_string(f"{TEMPLATES}/subject.txt", context))[:SUBJECT_LENGTH]
        mail = ChatMail(
            subject,
            render_to_string(f"{TEMPLATES}/message.txt", context).strip() + "\n",
            conf.mail_from,
            [get_policy().mail_address(person.user)],
            headers=self.headers(news),
        )
        mail.attach_alternative(render_to_string(f"{TEMPLATES}/message.html", context), "text/html")
        return mail

    def context(self, news: News) -> dict[str, Any]:
        """Return the context of the templates."""
        rooms = [RoomInMail(each, news.person) for each in news.rooms]
        return {
            "news": news,
            "rooms": rooms,
            "reply_marker": marker() if len(rooms) == 1 and rooms[0].reply_address else "",
            "unsubscribe_url": links.unsubscribe_url(news.person.user, self.channel),
            "site": site_name(),
            "settings_url": links.settings_url(),
            "language": get_language(),
            "direction": "rtl" if get_language_bidi() else "ltr",
        }

    def reply_to(self, news: News) -> str:
        """Return the address to which the person may reply, empty if there is none.

        A reply to a mail about several rooms would be for one of them, and nobody could say which. Such a mail has an
        address beside each room instead.
        """
        return _reply_address(news.rooms[0], news.person) if len(news.rooms) == 1 else ""

    def headers(self, news: News) -> dict[str, str]:
        """Return the headers beside sender, recipient and subject.

        The same news have the same ``Message-ID``, so that a mail that is sent twice can be recognized. All mails
        about a room refer to the same name, so that mail programs show them as one thread.
        """
        domain = _domain(conf.mail_from)
        key = news.person.user.pk
        identity = links.opaque_name("mail", key, *(f"{each.key}:{each.upto}" for each in news.rooms))
        threads = " ".join(f"<{links.opaque_name('room', key, each.key)}@{domain}>" for each in news.rooms)
        reply_to = self.reply_to(news)
        return {
            **({"Reply-To": reply_to} if reply_to else {}),
            "Message-ID": f"<{identity}@{domain}>",
            "References": threads,
            "List-Unsubscribe": f"<{links.unsubscribe_url(news.person.user, self.channel)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        }


class RoomInMail:
    """One room as the templates show it."""

    def __init__(self, news: RoomNews, person: Person) -> None:
        self.news = news
        self.reply_address = _reply_address(news, person)
        self.name = _printable(news.peer.name)
        self.topic = _printable(news.topic)
        self.avatar = links.absolute(news.peer.avatar) if news.peer.avatar else ""
        self.url = links.room_url(news.key)
        self.count = news.count
        self.heading = _heading(self.name, news)
        self.messages = [{"text": _printable(each.content), "message": each} for each in news.messages]


def _reply_address(news: RoomNews, person: Person) -> str:
    """Return the address for replies, which knows whether this mail shows all that the person has not read."""
    side = news.room.side(person.user)
    shows_all = side is not None and side.unread <= len(news.messages)
    return reply_address(person.user, news.room, shown=news.upto if shows_all else 0)


def _has_sent_text(error: Exception) -> bool:
    """Return whether the server may have the mail: the answer to its text is missing. No other sign tells of that."""
    return any(frame.f_code.co_name == "data" for frame, _line in walk_tb(error.__traceback__))


def _raise_for(code: int, text: bytes | str) -> None:
    """Raise ``Unavailable`` or ``Refused`` for a reply about a recipient, unless it may be a matter of either."""
    _raise_if_away(code, text)
    if code >= PERMANENT and code != NEEDS_LOGIN and _status(text) not in OF_THE_SERVER:
        raise Refused(f"the mail server refuses the address ({code})")


def _raise_if_away(code: int, text: bytes | str) -> None:
    if code == SERVER_CLOSES or _status(text) == SERVER_IN_TROUBLE:
        raise Unavailable(f"the mail server takes no mails now ({code})")


def _status(text: bytes | str) -> str:
    """Return class and subject of the status code (RFC 3463) that a reply may begin with, such as ``5.1``."""
    reply = text if isinstance(text, str) else text.decode("ascii", "replace")
    return ".".join(reply.split(".")[:2])


def _is_address(text: str) -> bool:
    """Return whether it is one address that every server takes, with or without a name."""
    if not text.isprintable():
        return False
    try:
        header: Any = HeaderRegistry()("To", text)
        (address,) = header.addresses
        address.domain.encode("idna")
    except (ValueError, IndexError):
        return False
    return not header.defects


def _heading(name: str, news: RoomNews) -> str:
    if news.by_system:
        text = ngettext(
            "New message in the chat with %(name)s", "%(count)s new messages in the chat with %(name)s", news.count
        )
    else:
        text = ngettext("New message from %(name)s", "%(count)s new messages from %(name)s", news.count)
    return text % {"count": news.count, "name": name}


def _printable(text: str) -> str:
    """Return the text without what no mail can carry."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _domain(sender: str) -> str:
    """Return the domain of the sender's address, in ASCII."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return "localhost"
