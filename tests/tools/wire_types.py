"""Writes the types of the wire from ``docs/reference/asyncapi.yaml``, for TypeScript and for Python.

``python tests/tools/wire_types.py`` writes them again. The tests fail where they are not up to date.
"""

from __future__ import annotations

import keyword
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "reference" / "asyncapi.yaml"
SAID = "Made from docs/reference/asyncapi.yaml by tests/tools/wire_types.py."

SCALARS = {
    "typescript": {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"},
    "python": {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"},
}
ANYTHING = {"typescript": "unknown", "python": "Any"}
LISTS = {"typescript": "{}[]", "python": "list[{}]"}
MAPS = {"typescript": "Record<string, {}>", "python": "dict[str, {}]"}
EVENTS = ("message", "room", "typing", "presence", "star", "resync")


class Writer:
    """What becomes of schemas in one language. An object within another one gets a name of its own."""

    def __init__(self, document: dict[str, Any], language: str) -> None:
        self.language = language
        self.schemas = document["components"]["schemas"]
        self.messages = document["components"]["messages"]
        self.operations = document["operations"]
        self.text: list[str] = []

    def written(self) -> str:
        for name, schema in self.schemas.items():
            self.declare(name, schema)
        answers: dict[str, str | None] = {}
        questions: dict[str, str] = {}
        for name, operation in self.operations.items():
            if operation["action"] != "receive":
                continue
            questions[name] = self.frame(f"{camel(name)}Request", name)
            answers[name] = self.answer(operation)
        for name in ("hello", "bye", "error"):
            self.frame(f"{camel(name)}Frame", name, without=())
        events = [self.frame(f"{camel(kind)}Event", f"{kind}Event", without=()) for kind in EVENTS]
        self.union("ChatEvent", events)
        self.table("Requests", questions)
        self.table("Answers", {name: answer for name, answer in answers.items() if answer})
        return "\n".join(self.text)

    def answer(self, operation: dict[str, Any]) -> str | None:
        """The name of what answers a request; none where only an error may."""
        names = [reference["$ref"].rpartition("/")[2] for reference in operation["reply"]["messages"]]
        (name,) = [name for name in names if name != "error"] or [""]
        if not name:
            return None
        declared = f"{camel(name.removesuffix('Ok'))}Answer"
        return declared if f" {declared}" in self.declared() else self.frame(declared, name)

    def declared(self) -> str:
        return " ".join(["", *(line for line in self.text)])

    def frame(self, name: str, message: str, without: tuple[str, ...] = ("type", "id")) -> str:
        payload = self.messages[message]["payload"]
        kept = {key: schema for key, schema in payload["properties"].items() if key not in without}
        self.declare(name, {**payload, "properties": kept})
        return name

    def type_of(self, schema: dict[str, Any], name: str) -> str:
        """The type of a schema; ``name`` is what to call it if it is an object of its own."""
        if "$ref" in schema:
            path = schema["$ref"].removeprefix("#/components/schemas/").split("/")
            return self.property_of(path) if len(path) > 1 else path[0]
        if isinstance(schema.get("const"), str):
            return self.literal([schema["const"]])
        if "const" in schema:
            # A figure of this version.
            return SCALARS[self.language]["integer"]
        if "enum" in schema:
            return self.literal(schema["enum"])
        if "oneOf" in schema:
            kinds = dict.fromkeys(self.type_of(each, name) for each in schema["oneOf"])
            return " | ".join(sorted(kinds, key=lambda kind: kind.lower() in ("none", "null")))
        kinds = schema.get("type")
        if kinds is None:
            return ANYTHING[self.language]
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return " | ".join(self.kind_of(kind, schema, name) for kind in kinds)

    def property_of(self, path: list[str]) -> str:
        schema: Any = self.schemas
        for step in path:
            schema = schema[step]
        return self.type_of(schema, camel(path[-1]))

    def kind_of(self, kind: str, schema: dict[str, Any], name: str) -> str:
        if kind == "array":
            # A later version may list more than the words of this one.
            items = {key: value for key, value in schema["items"].items() if key != "enum"}
            return LISTS[self.language].format(self.type_of(items, name.removesuffix("s")))
        if kind == "object" and "properties" in schema:
            name = name.removeprefix("Optional")
            self.declare(name, schema)
            return name
        if kind == "object":
            return MAPS[self.language].format(self.type_of(schema["additionalProperties"], f"{name}Value"))
        return SCALARS[self.language][kind]

    def literal(self, values: list[Any]) -> str:
        if self.language == "typescript":
            return " | ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in values)
        return f"Literal[{', '.join(repr(value).replace(chr(39), chr(34)) for value in values)}]"

    def fields(self, name: str, schema: dict[str, Any]) -> list[tuple[str, str, bool, str]]:
        """Name, type, whether it must be there, and what is said of it."""
        required = schema.get("required", ())
        return [
            (key, self.type_of(each, f"{name}{camel(key)}"), key in required, each.get("description", ""))
            for key, each in schema["properties"].items()
        ]

    def declare(self, name: str, schema: dict[str, Any]) -> None:
        said = " ".join(schema.get("description", "").split())
        if "properties" in schema:
            fields = self.fields(name, schema)
            (self.interface if self.language == "typescript" else self.typed_dict)(name, fields, said)
            return
        kind = self.type_of(schema, name)
        if kind != name:
            self.alias(name, kind, said)

    def interface(self, name: str, fields: list[tuple[str, str, bool, str]], said: str) -> None:
        self.text += [f"/** {said} */"] if said else []
        self.text.append(f"export interface {name} {{")
        for key, kind, required, about in fields:
            self.text += [f"  /** {' '.join(about.split())} */"] if about else []
            self.text.append(f"  {key}{'' if required else '?'}: {kind};")
        self.text.append("}\n")

    def typed_dict(self, name: str, fields: list[tuple[str, str, bool, str]], said: str) -> None:
        marked = [(key, kind if required else f"NotRequired[{kind}]") for key, kind, required, _ in fields]
        if any(keyword.iskeyword(key) for key, _ in marked):
            inner = ", ".join(f'"{key}": {kind}' for key, kind in marked)
            self.text.append(f'{name} = TypedDict("{name}", {{{inner}}})\n\n')
            return
        self.text += [f"class {name}(TypedDict):"]
        self.text += [textwrap.indent(f'"""{said}"""', "    "), ""] if said else []
        self.text += [f"    {key}: {kind}" for key, kind in marked] or (["    pass"] if not said else [])
        self.text.append("\n")

    def alias(self, name: str, kind: str, said: str) -> None:
        if self.language == "typescript":
            self.text += [f"/** {said} */"] if said else []
            self.text.append(f"export type {name} = {kind};\n")
        else:
            self.text.append(f"{name}: TypeAlias = {kind}")
            self.text += [f'"""{said}"""'] if said else []

    def union(self, name: str, members: list[str]) -> None:
        self.alias(name, " | ".join(members), "")

    def table(self, name: str, rows: dict[str, str]) -> None:
        """By the names of the requests; Python looks such things up nowhere."""
        if self.language == "typescript":
            self.interface(name, [(key, kind, True, "") for key, kind in rows.items()], "")


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def typescript(document: dict[str, Any]) -> str:
    return f"/** @file The JSON of the wire protocol. {SAID} */\n\n{Writer(document, 'typescript').written()}"


def python(document: dict[str, Any]) -> str:
    head = f'"""The JSON of the wire protocol. {SAID}"""\n\nfrom __future__ import annotations\n'
    imports = "from typing import Any, Literal, NotRequired, TypeAlias, TypedDict\n"
    return f"{head}\n{imports}\n{Writer(document, 'python').written()}"


TARGETS = {
    ROOT / "frontend" / "src" / "wire.d.ts": typescript,
    ROOT / "src" / "django_pairchat" / "client" / "wire.py": python,
}


def formatted(path: Path, text: str) -> str:
    """As ruff would leave it."""
    if path.suffix != ".py":
        return text
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    return subprocess.run(command, input=text, capture_output=True, check=True, text=True).stdout


def main() -> None:
    document = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    for path, write in TARGETS.items():
        path.write_text(formatted(path, write(document)), "utf-8")


if __name__ == "__main__":
    main()
