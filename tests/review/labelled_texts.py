"""The labelled texts: what stands in ⟦kind|…⟧ is to be found, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django_pairchat.review import Contact, find_contacts

FOLDER = Path(__file__).parent / "labelled"
HOSTS = ("shop.example",)
MARK = re.compile(r"⟦(\w+)\|([^⟧]*)⟧")


def read(name: str) -> list[tuple[str, list[Contact]]]:
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [parse(line) for line in lines if line and not line.startswith("#")]


def parse(line: str) -> tuple[str, list[Contact]]:
    text, labels, end = "", [], 0
    for mark in MARK.finditer(line):
        text += line[end : mark.start()]
        labels.append(Contact(mark[1], len(text), len(text) + len(mark[2])))
        text += mark[2]
        end = mark.end()
    return text + line[end:], labels


@dataclass
class Score:
    """``right`` were found as labelled; ``wrong`` and ``missed`` are the texts of the others."""

    right: int
    wrong: list[str]
    missed: list[str]

    @property
    def precision(self) -> float:
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / (self.right + len(self.missed))


def score(name: str) -> Score:
    result = Score(0, [], [])
    for text, labels in read(name):
        found = find_contacts(text, hosts=HOSTS)
        matched = [next((label for label in labels if is_match(contact, label)), None) for contact in found]
        result.right += len({label for label in matched if label is not None})
        result.wrong += [
            f"{contact.kind}: {text[contact.start : contact.end]!r} in {text!r}"
            for contact, label in zip(found, matched, strict=True)
            if label is None
        ]
        result.missed += [f"{label.kind}: {text!r}" for label in labels if label not in matched]
    return result


def is_match(found: Contact, label: Contact) -> bool:
    """Return whether they are of one kind and have at least half of each in common."""
    common = min(found.end, label.end) - max(found.start, label.start)
    return found.kind == label.kind and 2 * common >= max(label.end - label.start, found.end - found.start)
