"""What the pages show can be read by Python, Django and JSON, and the reference leaves nothing out."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.core.management import ManagementUtility
from django.dispatch import Signal
from django.template import Engine
from django.urls import URLPattern
from django.utils.module_loading import import_string
from packaging.requirements import Requirement

from django_pairchat import exceptions, services, signals, urls
from django_pairchat.conf import (
    DEFAULT_RATES,
    DEFAULTS,
    MESSAGE_MODEL_SETTING,
    MODEL_SETTINGS,
    ROOM_MODEL_SETTING,
    SEND,
)
from django_pairchat.consumers import ChatConsumer
from django_pairchat.metrics.views import TOKEN_SETTING
from django_pairchat.moderation import services as moderation_services
from django_pairchat.moderation.conf import DEFAULTS as MODERATION_DEFAULTS
from django_pairchat.moderation.conf import SETTING as MODERATION_SETTING
from django_pairchat.notifications import services as notification_services
from django_pairchat.notifications import urls as notification_urls
from django_pairchat.notifications.conf import DEFAULTS as NOTIFICATION_DEFAULTS
from django_pairchat.notifications.conf import SETTING as NOTIFICATIONS_SETTING
from django_pairchat.templatetags.pairchat import register
from django_pairchat.web import api

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "django_pairchat"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [ROOT / "README.md", ROOT / "README.ko.md", *sorted(DOCS.rglob("*.md"))]
    if "_build" not in path.parts
}
BLOCK = re.compile(
    r"^(?P<indent> *)```(?:\{code-block\} )?(?P<language>[\w+-]+)\n(?: *:\w+:[^\n]*\n)*(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


def blocks(language: str) -> list[Any]:
    """Every block in this language, as a parameter of a test."""
    return [
        pytest.param(dedent(found["text"]), id=f"{page}-{number}")
        for page, text in PAGES.items()
        for number, found in enumerate(BLOCK.finditer(text), start=1)
        if found["language"] == language
    ]


# Tried in tests/faults/test_other_layers.py and tests/libraries/test_s3.py.
IN_OTHER_ENVIRONMENTS = {"channels_postgres.core.PostgresChannelLayer", "storages.backends.s3.S3Storage"}


def reference(name: str) -> str:
    return PAGES[f"docs/reference/{name}.md"]


def section(page: str, heading: str) -> str:
    """What stands under this heading, up to the next one of its level."""
    level = heading.split(" ", 1)[0]
    return page.split(f"\n{heading}\n", 1)[1].split(f"\n{level} ", 1)[0]


def rows(text: str) -> list[str]:
    """What stands in backticks in the first cell of each row of the tables in ``text``."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


# Blocks


@pytest.mark.parametrize("text", blocks("python"))
def test_a_block_of_python_compiles(text: str) -> None:
    compile(text, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@pytest.mark.parametrize("text", blocks("python"))
def test_what_a_block_imports_of_the_library_is_there(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django_pairchat"):
            module = import_module(str(node.module))
            missing = [name.name for name in node.names if not hasattr(module, name.name)]
            assert not missing


def assigned(text: str, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            yield node.value


@pytest.mark.parametrize("text", blocks("python"))
def test_the_settings_in_a_block_exist(text: str) -> None:
    for value in assigned(text, "PAIRCHAT"):
        assert isinstance(value, ast.Dict)
        assert {ast.literal_eval(key) for key in value.keys if key} <= DEFAULTS.keys()
    for value in assigned(text, NOTIFICATIONS_SETTING):
        assert isinstance(value, ast.Dict)
        assert {ast.literal_eval(key) for key in value.keys if key} <= NOTIFICATION_DEFAULTS.keys()
    for value in assigned(text, MODERATION_SETTING):
        assert isinstance(value, ast.Dict)
        assert {ast.literal_eval(key) for key in value.keys if key} <= MODERATION_DEFAULTS.keys()
    named = set(re.findall(r"^(PAIRCHAT_\w+)", text, re.MULTILINE))
    assert named <= {*MODEL_SETTINGS, MODERATION_SETTING, NOTIFICATIONS_SETTING, TOKEN_SETTING}


@pytest.mark.parametrize("text", blocks("python"))
def test_the_backends_in_a_block_exist(text: str) -> None:
    for path in re.findall(r'"BACKEND": "([\w.]+)"', text):
        assert path in IN_OTHER_ENVIRONMENTS or import_string(path)


@pytest.mark.parametrize("text", blocks("html+django"))
def test_a_block_of_a_template_compiles(text: str) -> None:
    Engine(
        libraries={"pairchat": "django_pairchat.templatetags.pairchat"},
        builtins=["django_pairchat.templatetags.pairchat"],
    ).from_string(text)


@pytest.mark.parametrize("text", blocks("css"))
def test_the_tokens_in_a_block_of_css_exist(text: str) -> None:
    style = (PACKAGE / "static" / "pairchat" / "pairchat.css").read_text("utf-8")
    used = set(re.findall(r"^\s*(?::root \{ )?(--pc-[\w-]+):", text, re.MULTILINE))
    assert used
    assert used <= set(re.findall(r"var\((--pc-[\w-]+)", style))


@pytest.mark.parametrize("text", blocks("json"))
def test_a_block_of_json_is_json(text: str) -> None:
    assert json.loads(text)


# What is named exists


@pytest.mark.parametrize("page", PAGES)
def test_the_check_ids_on_a_page_exist(page: str) -> None:
    assert check_ids(PAGES[page]) <= check_ids_of_the_code()


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_on_a_page_exist(page: str) -> None:
    assert set(re.findall(r"manage\.py (pairchat_\w+)", PAGES[page])) <= commands()


def test_the_units_for_systemd_start_the_recommended_server_and_a_command_that_exists() -> None:
    page = PAGES["docs/guides/deployment.md"]
    server, command = re.findall(r"^ExecStart=/srv/shop/\.venv/bin/(.+)$", page, re.MULTILINE)
    recommended = re.search(r"^\| uvicorn \| `(.+)` \|$", page, re.MULTILINE)
    assert recommended
    assert server.replace("--port %i ", "").startswith(recommended[1])
    name, *options = command.removeprefix("python manage.py ").split()
    parser = ManagementUtility().fetch_command(name).create_parser("manage.py", name)
    assert parser.parse_args(options)


@pytest.mark.parametrize("page", ["README.md", "README.ko.md", "CHANGELOG.md", "example_project/README.md"])
def test_the_links_of_a_page_outside_the_documentation_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_every_link_has_a_text(page: str) -> None:
    """Sphinx fills in the title of a page; where the file itself is read, an empty link shows nothing."""
    assert "[](" not in PAGES[page]


# The reference is complete


def test_every_setting_has_its_default_on_the_page() -> None:
    described = dict(re.findall(r"^`(\w+)` \(default `([^`]+)`\)$", reference("settings"), re.MULTILINE))
    models = {ROOM_MODEL_SETTING: "pairchat.Room", MESSAGE_MODEL_SETTING: "pairchat.Message"}
    assert {name: ast.literal_eval(value) for name, value in described.items()} == {
        **DEFAULTS,
        **NOTIFICATION_DEFAULTS,
        **{name: value for name, value in MODERATION_DEFAULTS.items() if name != "CATEGORIES"},
        **models,
    }


def test_every_limit_is_on_the_page_with_its_default() -> None:
    table = section(reference("settings"), "## Limits")
    shown = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \|", table, re.MULTILINE)
    send = (DEFAULTS["SENDS_PER_MINUTE"], DEFAULTS["SEND_BURST"])
    assert {kind: (int(minute), int(burst)) for kind, minute, burst in shown} == {SEND: send, **DEFAULT_RATES}


def test_every_service_is_on_the_page() -> None:
    page = reference("services")
    described = re.findall(r"^\.\. auto(?:function|class|data):: (\w+)$", page, re.MULTILINE)
    names = re.findall(r"`(\w+)`", section(page, "## From asynchronous code"))
    assert sorted([*described, *(name for name in names if name != "a"), "StoredMessage"]) == sorted(services.__all__)


def test_the_services_in_the_table_are_called_as_it_says() -> None:
    shown = dict(
        re.findall(r"^\| `(\w+)(\(.*\))` \|", section(reference("services"), "## The most used ones"), re.MULTILINE)
    )
    assert len(shown) > 10
    for name, call in shown.items():
        signature = inspect.signature(getattr(services, name))
        plain = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
        assert call == str(signature.replace(parameters=plain, return_annotation=signature.empty)), name


def test_every_exception_is_on_the_page_with_its_code() -> None:
    described = dict(re.findall(r"^\| `([A-Z]\w+)` \| `(\w+)`", reference("exceptions"), re.MULTILINE))
    classes = {
        name: str(kind.code)
        for name, kind in vars(exceptions).items()
        if isinstance(kind, type) and issubclass(kind, exceptions.ChatError) and kind is not exceptions.ChatError
    }
    assert described == classes


def test_every_signal_is_on_the_page_with_its_arguments() -> None:
    internal = {"events_published", "past_messages_added"}
    found = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert set(rows(reference("signals"))) == found - internal


def test_every_tag_and_filter_is_on_the_page() -> None:
    page = reference("tags")
    assert set(re.findall(r"^## `\{% (\w+)", page, re.MULTILINE)) == set(register.tags)
    assert set(re.findall(r"\|(\w+)", section(page, "## Filters"))) == set(register.filters)


def test_every_hook_of_the_consumer_is_on_the_page() -> None:
    hooks = set(re.findall(r":(?:meth|attr):`(\w+)`", ChatConsumer.__doc__ or ""))
    described = set(re.findall(r"^   \.\. auto(?:method|attribute):: (\w+)$", reference("consumer"), re.MULTILINE))
    assert described == {*hooks, "end"}


def check_ids(text: str) -> set[str]:
    return set(re.findall(r"pairchat(?:_notifications|_moderation|_metrics)?\.[EIW]\d{3}", text))


def check_ids_of_the_code() -> set[str]:
    sources = [
        *(PACKAGE / "checks").glob("*.py"),
        PACKAGE / "base_models.py",
        PACKAGE / "moderation" / "checks.py",
        PACKAGE / "notifications" / "checks.py",
        PACKAGE / "metrics" / "checks.py",
    ]
    return {number for source in sources for number in check_ids(source.read_text("utf-8"))}


def test_every_check_is_on_the_page() -> None:
    assert set(rows(reference("checks"))) == check_ids_of_the_code()


def commands() -> set[str]:
    return {path.stem for path in PACKAGE.glob("**/management/commands/[!_]*.py")}


def test_every_command_is_on_the_page() -> None:
    assert set(re.findall(r"^## `(\w+)`$", reference("commands"), re.MULTILINE)) == commands()


def plain(address: str) -> str:
    """An address with its parameters' names only: ``rooms/<key>/``."""
    return re.sub(r"<(?:\w+:)?\w+>", "<>", address)


def test_every_address_is_on_the_page() -> None:
    described = {
        name: plain(address)
        for name, address in re.findall(r"^\| `pairchat:(\w+)` \|(?: `([^`]*)`)? \|", reference("urls"), re.MULTILINE)
    }
    pages = {str(entry.name): plain(str(entry.pattern)) for entry in urls.urlpatterns if isinstance(entry, URLPattern)}
    endpoints = {str(entry.name): "api/" + plain(str(entry.pattern)) for entry in api.urlpatterns}
    assert described == {**pages, **endpoints}


def test_every_address_of_the_notifications_is_on_the_page() -> None:
    found = re.findall(r"^\| `pairchat_notifications:(\w+)` \|(?: `([^`]*)`)? \|", reference("urls"), re.MULTILINE)
    described = {name: plain(address) for name, address in found}
    assert described == {str(entry.name): plain(str(entry.pattern)) for entry in notification_urls.urlpatterns}


def test_every_service_of_the_notifications_is_on_the_page() -> None:
    described = re.findall(r"^\.\. auto(?:function|class):: (\w+)$", reference("notifications"), re.MULTILINE)
    assert set(notification_services.__all__) <= set(described)


def test_every_service_of_the_moderation_is_on_the_page() -> None:
    described = re.findall(r"^\.\. auto(?:function|exception):: (\w+)$", reference("moderation"), re.MULTILINE)
    assert set(moderation_services.__all__) == set(described)


def test_every_template_is_on_the_page() -> None:
    files = {path.as_posix().partition("/templates/")[2] for path in template_files()}
    assert set(re.findall(r"`(pairchat/[\w/]+\.(?:html|txt))`", reference("templates"))) == files


def template_files() -> list[Path]:
    """The templates of the chat's own pages. Those of the admin have the names and blocks that it gives them."""
    found = [path for path in PACKAGE.glob("**/templates/**/*") if path.suffix in {".html", ".txt"}]
    return [path for path in found if "admin" not in path.parts]


def test_every_block_of_the_templates_is_on_the_page() -> None:
    defined = {name for path in template_files() for name in re.findall(r"\{% block (\w+)", path.read_text("utf-8"))}
    # A page in the admin fills a block of the admin's.
    assert defined - {"content"} <= set(re.findall(r"`(pairchat\w*)`", reference("templates")))


def test_every_css_token_is_on_the_page() -> None:
    style = (PACKAGE / "static" / "pairchat" / "pairchat.css").read_text("utf-8")
    root = style.split(":where(:root) {", 1)[1].split("}", 1)[0]
    assert rows(reference("css")) == re.findall(r"^\s*(--pc-[\w-]+):", root, re.MULTILINE)


def test_every_event_of_the_elements_is_on_the_page() -> None:
    sources = [path.read_text("utf-8") for path in sorted((ROOT / "frontend" / "src").glob("**/*.js"))]
    dispatched = r'(?:\.emit|new CustomEvent)\("(pairchat:[^"]+)"'
    told = {name for source in sources for name in re.findall(dispatched, source)}
    assert set(rows(section(reference("elements"), "## Events"))) == told


def test_the_support_table_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    page = PAGES["docs/support.md"]
    for name, heading in (("Python", "Programming Language :: Python :: 3."), ("Django", "Framework :: Django :: ")):
        line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        versions = [entry.rpartition(" ")[2] for entry in project["classifiers"] if entry.startswith(heading)]
        assert re.findall(r"\d\.\d+", line) == versions
    assert set(rows(page)) == set(project["optional-dependencies"])


@pytest.mark.parametrize("page", ["README.md", "README.ko.md"])
def test_the_readme_installs_what_tox_requires_where_every_python_lets_it(page: str) -> None:
    """A tox that lacks some of it installs another one first, and waits without a word for one that runs.

    The Pythons of Debian, Ubuntu and Homebrew refuse pip outside of an environment.
    """
    tox = ConfigParser()
    tox.read(ROOT / "tox.ini", "utf-8")
    required = {Requirement(line).name for line in tox["tox"]["requires"].split("\n") if line}
    commands = re.findall(r"^.*pip install .*\btox\b.*$", PAGES[page], re.MULTILINE)
    assert required
    assert commands
    for command in commands:
        installed = re.fullmatch(r"python3 -m venv (\S+) && \. \1/bin/activate && pip install (.+) && tox.*", command)
        assert installed
        assert required <= set(installed[2].split())


def test_every_question_leads_to_a_page() -> None:
    questions = [part for part in PAGES["docs/faq.md"].split("\n\n") if part.startswith("**")]
    assert len(questions) > 15
    assert not [question for question in questions if "](" not in question]
