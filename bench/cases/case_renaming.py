"""A case with every object, image and namespace under another name, and every port another.

What a diagnosis knows by a name alone, it does not know. Names are replaced as whole words, in the objects, in the
programs within them, in the script that breaks them and in the truth, so that all still fits together.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml

from bench.cases.case_certificates import renewed_certificates
from practice.faults.cases import CaseTruth, PracticeCase
from practice.images.case_images import RENAMED

PORTS = {"8080": "8417", "8443": "8518", "5432": "5871"}
"""Ports that stand for nothing else, and others."""
SHORT = {"80": "8190", "443": "8291"}
"""Those that are ports only where they are called so, and in URLs that name none."""
KEPT = frozenset({"default", "defaults", "data", "code", "app", "first"})
"""Names that are the cluster's own, or words of every program."""
TOKENS_KEPT = frozenset({"code", "db", "scripts", "login", "in", "data", "config", "tls", "ca"})
WORDS = (
    *(
        "amber",
        "birch",
        "cedar",
        "delta",
        "ember",
        "flint",
        "grove",
        "heron",
        "iris",
        "jasper",
        "kelp",
        "linden",
    ),
    *("maple", "nettle", "osier", "poplar", "quartz", "rowan", "sorrel", "tansy", "umber", "vetch", "willow"),
    *(
        "yarrow",
        "alder",
        "bramble",
        "clover",
        "dogwood",
        "elder",
        "fennel",
        "gorse",
        "hazel",
        "ivy",
        "juniper",
    ),
)
VISITOR = {"visitor": "guest"}
URL = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z][a-z0-9.-]*)(?=[/\"'\s]|$)", re.MULTILINE)
GIVEN_HOSTS = re.compile(r"^(?:127\.|localhost|kubernetes\.|0\.0\.0\.0)")
CLIENT_OF_POSTGRES = re.compile(r"^( +)(- ?\{?name: (?:PGHOST|DB_PASSWORD)\b)", re.MULTILINE)


def renamed_case(case: PracticeCase) -> PracticeCase:
    """Return the same fault under other names and at other ports."""
    plain = _renaming(_names(case))

    def whole(text: str) -> str:
        return renewed_certificates(_with_other_ports(plain(text)), plain)

    truth = {key: _in_all(value, plain) for key, value in case.truth.model_dump().items()}
    truth["repair_by"] = case.truth.repair_by
    return PracticeCase(
        name=case.name,
        before=whole(case.before),
        script=whole(case.script),
        truth=CaseTruth.model_validate(truth),
    )


def _names(case: PracticeCase) -> list[str]:
    """The names of all objects of a case, and of the applications that labels name."""
    texts = [case.before, *re.findall(r"<<'YAML'\n(.*?)\nYAML", case.script, re.DOTALL)]
    found = {str(one["metadata"]["name"]) for text in texts for one in yaml.safe_load_all(text) if one}
    found |= set(re.findall(r"--name=([a-z0-9-]+)", case.script))
    return sorted(found - KEPT, key=len, reverse=True)


def _renaming(names: list[str]) -> Callable[[str], str]:
    """What puts other names for these, however they are spelled, and for the images."""
    tokens = sorted({token for name in names for token in name.split("-")} - TOKENS_KEPT - {*VISITOR})
    other = {
        token: WORDS[at % len(WORDS)] for at, token in enumerate(tokens) if not token.isdigit()
    } | VISITOR
    new = {name: "-".join(other.get(token, token) for token in name.split("-")) for name in names}
    spelled = {
        form(old): form(value)
        for old, value in new.items()
        for form in (str, lambda name: name.replace("-", "_"), lambda name: name.upper().replace("-", "_"))
    }
    ordered = sorted(map(re.escape, spelled), key=len, reverse=True)
    words = re.compile(rf"(?<![A-Za-z0-9/_-])(?<!localhost/)(?:{'|'.join(ordered)})(?![A-Za-z0-9=+])")
    paths = re.compile(rf"(?<=/)(?:{'|'.join(ordered)})(?![A-Za-z0-9=+])")

    def change(text: str) -> str:
        for old, image in RENAMED.items():
            text = text.replace(old, image)
        text = words.sub(lambda found: spelled[found.group()], text)
        return paths.sub(lambda found: spelled[found.group()], text)

    return change


def _with_other_ports(text: str) -> str:
    """Every port another, also where a URL names none, and where a client knows its own by heart."""
    text = URL.sub(_with_port, text)
    for old, new in PORTS.items():
        text = re.sub(rf"(?<![\w.]){old}(?![\w.])", new, text)
    for old, new in SHORT.items():
        text = re.sub(rf"(?<=[Pp]ort[:=]){old}\b|(?<=[Pp]ort[:=] ){old}\b", new, text)
    own = PORTS["5432"]
    return CLIENT_OF_POSTGRES.sub(
        lambda found: f"{found[1]}- {{name: PGPORT, value: '{own}'}}\n{found.group()}", text
    )


def _with_port(found: re.Match[str]) -> str:
    if GIVEN_HOSTS.match(found["host"]):
        return found.group()
    return f"{found.group()}:{SHORT['443' if found['scheme'] == 'https' else '80']}"


def _in_all(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    return [_in_all(one, change) for one in value] if isinstance(value, list | tuple) else value
