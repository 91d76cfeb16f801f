"""Replies as mail programs write them, byte by byte. Each takes the mail that it answers as it arrived.

What they put around and between is theirs; the people, places and texts are made up.
"""

from __future__ import annotations

import base64
import email
import email.policy
import quopri
import re
import textwrap
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from typing import NamedTuple

WRITER = "juwon@example.com"


class Original(NamedTuple):
    """The mail that is answered, as a program shows and quotes it."""

    sender: str
    subject: str
    text: str
    html: str
    reply_to: str
    message_id: str


def original(raw: bytes) -> Original:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text, page = message.get_body(["plain"]), message.get_body(["html"])
    assert text is not None
    assert page is not None
    inside = re.sub(r"(?s).*<body[^>]*>(.*)</body>.*", r"\1", page.get_content().replace("\r\n", "\n"))
    return Original(
        str(message["From"]),
        str(message["Subject"]).strip(),
        text.get_content().replace("\r\n", "\n").rstrip("\n"),
        inside,
        str(message["Reply-To"] or ""),
        str(message["Message-ID"]),
    )


def head(to: Original, message_id: str = "<7a1e@example.com>", **changes: str) -> str:
    """The headers of a reply that every program writes."""
    headers = {
        "Return-Path": f"<{WRITER}>",
        "Received": "from mx.example.com ([192.0.2.7]) by mail.chat.example; Mon, 30 Nov 2026 04:30:01 +0000",
        "From": f"=?UTF-8?B?7KO87JuQ?= <{WRITER}>",
        "To": f"Chat <{to.reply_to}>",
        "Subject": f"Re: {to.subject}",
        "Date": "Mon, 30 Nov 2026 13:30:00 +0900",
        "Message-ID": message_id,
        "In-Reply-To": to.message_id,
        "MIME-Version": "1.0",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)


def mail(headers: str, body: bytes) -> bytes:
    return headers.encode() + b"\r\n" + body


def quoted(text: str, prefix: str = "> ") -> str:
    return "\n".join(f"{prefix}{line}".rstrip() for line in text.split("\n"))


def printable(text: str, charset: str = "utf-8") -> bytes:
    return quopri.encodestring(text.encode(charset)).replace(b"\n", b"\r\n")


def in_base64(text: str, charset: str = "utf-8") -> bytes:
    return base64.encodebytes(text.replace("\n", "\r\n").encode(charset, "xmlcharrefreplace")).replace(b"\n", b"\r\n")


def alternatives(headers: str, text: bytes, page: bytes, encoding: str, more: str = "") -> bytes:
    parts = "".join(
        f'--b1\r\nContent-Type: {kind}; charset="UTF-8"{more}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n%s\r\n'
        for kind in ("text/plain", "text/html")
    )
    begin = f'{headers}Content-Type: multipart/alternative; boundary="b1"\r\n\r\n'
    first, second, end = (parts + "--b1--\r\n").split("%s")
    return begin.encode() + first.encode() + text + second.encode() + page + end.encode()


def lines(text: str, tag: str = "div") -> str:
    return "".join(f"<{tag}>{escape(line) or '<br>'}</{tag}>" for line in text.split("\n"))


def linked(sender: str) -> str:
    name, _, address = sender.partition(" <")
    address = address.rstrip(">")
    return f'{escape(name)} &lt;<a href="mailto:{address}">{address}</a>&gt;'


def gmail_web(to: Original, text: str, **headers: str) -> bytes:
    said = f"On Mon, Nov 30, 2026 at 1:23 PM {to.sender}"
    plain = "\n".join(textwrap.fill(line, 76) for line in text.split("\n"))
    plain = f"{plain}\n\n{said}\nwrote:\n\n{quoted(to.text)}\n"
    page = (
        f'<div dir="ltr">{lines(text)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">On Mon, Nov 30, 2026 at 1:23\u202fPM {linked(to.sender)} wrote:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex">{to.html}</blockquote></div>\n'
    )
    return alternatives(head(to, **headers), printable(plain), printable(page), "quoted-printable")


def gmail_android_korean(to: Original, text: str, **headers: str) -> bytes:
    said = "2026년 11월 30일 (월) 오후 1:23, "
    plain = f"{text}\n\n{said}{to.sender}님이 작성:\n\n{quoted(to.text)}\n"
    page = (
        f'<div dir="auto">{lines(text)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{said}'
        f'{linked(to.sender)}님이 작성:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{to.html}'
        "</blockquote></div>\n"
    )
    return alternatives(head(to, **headers), in_base64(plain), in_base64(page), "base64")


def apple_english(to: Original, text: str, **headers: str) -> bytes:
    said = f"On Nov 30, 2026, at 1:23\u202fPM, {to.sender} wrote:"
    plain = f"{text}\n\n{quoted(f'{said}{chr(10)}{chr(10)}{to.text}')}\n"
    page = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        f'<body style="overflow-wrap: break-word; line-break: after-white-space;">{lines(text)}'
        f'<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>{escape(said)}</div>'
        f'<br class="Apple-interchange-newline"><div>{to.html}</div></blockquote></div><br></body></html>'
    )
    return alternatives(head(to, **headers), printable(plain), printable(page), "quoted-printable")


def apple_korean(to: Original, text: str, **headers: str) -> bytes:
    said = f"2026. 11. 30. 오후 1:23, {to.sender} 작성:"
    page = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
        f'<div dir="ltr">{lines(text)}</div><div dir="ltr"><br><blockquote type="cite">{escape(said)}<br><br>'
        f'</blockquote></div><blockquote type="cite"><div dir="ltr">{to.html}</div></blockquote></body></html>'
    )
    plain = f"{text}\n\n{quoted(said)}\n> \n{quoted(to.text)}\n"
    return alternatives(head(to, **headers), in_base64(plain), in_base64(page), "base64")


def outlook_korean(to: Original, text: str, **headers: str) -> bytes:
    paragraphs = lines(text, "p").replace("<p>", '<p class="MsoNormal">')
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv="Content-Type" content="'
        'text/html; charset=ks_c_5601-1987"><style><!--\np.MsoNormal {margin:0cm;}\n--></style></head><body lang="KO">'
        f'<div class="WordSection1">{paragraphs}'
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt'
        f' 0cm 0cm 0cm"><p class="MsoNormal"><b>보낸 사람:</b> {escape(to.sender)} <br><b>보낸 날짜:</b> 2026년 11월'
        f" 30일 월요일 오후 1:23<br><b>받는 사람:</b> {WRITER}<br><b>제목:</b> {escape(to.subject)}"
        "<o:p></o:p></p></div>"
        f'<p class="MsoNormal"><o:p>&nbsp;</o:p></p>{to.html}</div></body></html>'
    )
    kind = 'Content-Type: text/html; charset="ks_c_5601-1987"\r\nContent-Transfer-Encoding: base64\r\n'
    return mail(head(to, **headers) + kind, in_base64(page, "cp949"))


def outlook_english(to: Original, text: str, **headers: str) -> bytes:
    block = f"From: {to.sender}\nSent: Monday, November 30, 2026 1:23 PM\nTo: {WRITER}\nSubject: {to.subject}"
    plain = f"{text}\n\n{'_' * 32}\n{block}\n\n{to.text}\n"
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    return mail(head(to, **headers) + kind, printable(plain))


def thunderbird(to: Original, text: str, **headers: str) -> bytes:
    """Its default is to write below the quotation."""
    name = to.sender.partition(" <")[0]
    body = " \n".join(textwrap.wrap(text, 72)) if "\n" not in text else text
    plain = f"Am 30.11.26 um 13:23 schrieb {name}:\n{quoted(to.text)}\n\n{body}\n\n-- \nGerman text, 2026\n"
    kind = "Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n"
    return mail(head(to, **headers) + kind, plain.replace("\n", "\r\n").encode())


def thunderbird_html(to: Original, text: str, **headers: str) -> bytes:
    name = to.sender.partition(" <")[0]
    page = (
        '<!DOCTYPE html>\n<html>\n  <head>\n    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n'
        f'  </head>\n  <body>\n    <div class="moz-cite-prefix">On 30.11.26 13:23, {escape(name)} wrote:<br></div>\n'
        f'    <blockquote type="cite" cite="mid:{to.message_id.strip("<>")}">{to.html}</blockquote>\n    '
        f"{lines(text)}\n  </body>\n</html>\n"
    )
    kind = "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return mail(head(to, **headers) + kind, page.replace("\n", "\r\n").encode())


def naver(to: Original, text: str, **headers: str) -> bytes:
    page = (
        '<html><head><style>p{margin-top:0px;margin-bottom:0px;}</style></head><body><div style="font-size:10pt;'
        f' font-family: 나눔고딕,sans-serif;">{lines(text, "p")}<p><br></p><p>-----Original Message-----<br>'
        "<b>From:</b>"
        f' "{escape(to.sender.partition(" <")[0])}"&lt;{to.sender.partition(" <")[2].rstrip(">")}&gt;<br><b>To:</b>'
        f" &lt;{WRITER}&gt;;<br><b>Cc:</b> <br><b>Sent:</b> 2026-11-30 (월) 13:23:05 (GMT+09:00)<br><b>Subject:</b>"
        f" {escape(to.subject)}</p><p><br></p>{to.html}</div></body></html>"
    )
    kind = 'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n'
    return mail(head(to, **headers) + kind, in_base64(page))


def samsung(to: Original, text: str, **headers: str) -> bytes:
    page = (
        f'<html><head></head><body dir="auto">{lines(text)}<div><br></div><div id="composer_signature"></div>'
        '<div><br></div><div style="font-size:100%;color:#000000"><div>-------- 원본 이메일 --------</div>'
        f"<div>발신: {escape(to.sender)} </div><div>날짜: 26/11/30  오후 1:23  (GMT+09:00) </div>"
        f"<div>받은 사람: {WRITER} </div><div>제목: {escape(to.subject)} </div><div><br></div></div>"
        f"{to.html}</body></html>"
    )
    return alternatives(head(to, **headers), in_base64(f"{text}\n{to.text}"), in_base64(page), "base64")


def daum(to: Original, text: str, **headers: str) -> bytes:
    name, _, address = to.sender.rstrip(">").partition(" <")
    page = (
        f"<html><body>{lines(text, 'p')}<p><br></p><p>--------- 원본 메일 ---------</p><blockquote><div>"
        f"<b>보낸사람</b>: &quot;{escape(name)}&quot; &lt;{address}&gt;<br><b>받는사람</b>: &lt;{WRITER}&gt;<br>"
        f"<b>날짜</b>: 2026년 11월 30일 (월) 13:23<br><b>제목</b>: {escape(to.subject)}</div>"
        f"<br>{to.html}</blockquote></body></html>"
    )
    kind = 'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n'
    return mail(head(to, **headers) + kind, in_base64(page))


def in_euc_kr(to: Original, text: str, **headers: str) -> bytes:
    plain = f"{text}\n\n2026-11-30 오후 1:23에 {to.sender} 이(가) 쓴 글:\n{quoted(to.text)}\n"
    kind = "Content-Type: text/plain; charset=EUC-KR\r\nContent-Transfer-Encoding: 8bit\r\n"
    return mail(head(to, **headers) + kind, plain.replace("\n", "\r\n").encode("cp949", "replace"))


def in_iso_2022_kr(to: Original, text: str, **headers: str) -> bytes:
    plain = f"{text}\n\n{to.sender} 님이 2026-11-30 13:23에 쓴 글:\n{quoted(to.text)}\n"
    kind = "Content-Type: text/plain; charset=ISO-2022-KR\r\nContent-Transfer-Encoding: 7bit\r\n"
    return mail(head(to, **headers) + kind, plain.replace("\n", "\r\n").encode("iso2022_kr", "replace"))


def without_charset(to: Original, text: str, **headers: str) -> bytes:
    plain = f"{text}\n\nOn 2026-11-30 13:23, {to.sender} wrote:\n{quoted(to.text)}\n"
    return mail(head(to, **headers), plain.replace("\n", "\r\n").encode())


def wrapping(to: Original, text: str, **headers: str) -> bytes:
    """A program that breaks quoted lines where they are longer than it likes, and marks each part."""
    broken = "\n".join(part for line in to.text.split("\n") for part in textwrap.wrap(line, 20) or [""])
    plain = f"{text}\n\nOn 2026-11-30 13:23, {to.sender} wrote:\n{quoted(broken)}\n"
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    return mail(head(to, **headers) + kind, in_base64(plain))


def plain(to: Original, text: str, **headers: str) -> bytes:
    """A program that quotes nothing."""
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    return mail(head(to, **headers) + kind, in_base64(text + "\n"))


Program = Callable[..., bytes]
PROGRAMS: tuple[Program, ...] = (
    gmail_web,
    gmail_android_korean,
    apple_english,
    apple_korean,
    outlook_korean,
    outlook_english,
    thunderbird,
    thunderbird_html,
    naver,
    samsung,
    daum,
    in_euc_kr,
    in_iso_2022_kr,
    without_charset,
    wrapping,
    plain,
)
