"""A message to somebody who is away leads to a mail, and the answer to that mail to a message on the open page."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.notifications import mails

from .board import Board, served
from .conftest import Meet, SignIn
from .helpers import live, message, send, something_new

MAIL_SECONDS = 60
# Without Redis, a page learns from other processes with its next ping.
ARRIVES_MS = 60_000


def first_mail(board: Board, folder: Path) -> bytes:
    deadline = time.monotonic() + MAIL_SECONDS
    while True:
        board.manage("pairchat_notify")
        for file in sorted(folder.glob("*")):
            return file.read_bytes()
        assert time.monotonic() < deadline, "no mail was written"
        time.sleep(1)


def pipe(board: Board, raw: bytes, recipient: str) -> str:
    """Give a mail to the command as a mail server does, and return what it says."""
    arguments = ["pairchat_receive_mail", "--sender", mails.WRITER, "--recipient", recipient]
    ran = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=board.project,
        env=board.environment,
        input=raw,
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    return ran.stdout.decode()


def test_an_answer_by_mail_appears_on_the_open_page(
    tmp_path: Path, sign_in: SignIn, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mails"
    monkeypatch.setenv("MAIL_FOLDER", str(folder))
    monkeypatch.setenv("MAIL_DELAY_SECONDS", "0")
    with served(tmp_path) as board:
        juwon, minji = sign_in("juwon", server=board.url), sign_in("minji", server=board.url)
        meet(minji, juwon)
        juwon.context.close()
        # What was written before the first sweep is told to nobody.
        board.manage("pairchat_notify")
        live(minji)
        send(minji, something_new("Is it still there?"))
        to = mails.original(first_mail(board, folder))
        answer = something_new("네, 아직 있어요.")
        raw = mails.gmail_android_korean(to, answer)
        assert [pipe(board, raw, to.reply_to) for _ in range(2)] == ["Sent.\n", "Sent.\n"]
        expect(message(minji, answer)).to_have_count(1, timeout=ARRIVES_MS)
        expect(message(minji, answer).locator("[data-pc-slot=content]")).to_have_text(answer)
        minji.reload()
        expect(message(minji, answer)).to_have_count(1)
        minji.context.close()
