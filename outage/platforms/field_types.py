"""What single fields of a platform file may hold, each with the sentence that says how to write it."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

FORMS = "`file:/PATH`, `env:NAME` or `kubernetes:NAMESPACE/SECRET/KEY`"
_FORM = re.compile(
    r"file:/\S+|env:[A-Za-z_][A-Za-z0-9_]*|kubernetes:[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[-._a-zA-Z0-9]+"
)


def _reference(text: str) -> str:
    if not _FORM.fullmatch(text):
        raise ValueError(f"write where the credential is, as {FORMS}, and never the credential itself")
    return text


Reference = Annotated[str, AfterValidator(_reference), Field(pattern=f"^({_FORM.pattern})$")]
"""Where a credential is: a file, an environment variable of our processes, or a key of a Kubernetes Secret."""


def _workload(text: str) -> str:
    if not re.fullmatch(r"(deployment|statefulset|daemonset)/[a-z0-9]([a-z0-9.-]*[a-z0-9])?", text):
        raise ValueError("write it as `deployment/NAME`, `statefulset/NAME` or `daemonset/NAME`")
    return text


def _port(number: int) -> int:
    if not 1 <= number <= 65535:
        raise ValueError("a port is a number from 1 to 65535")
    return number


def _url(text: str) -> str:
    if not re.match(r"https?://[^\s/]", text):
        raise ValueError("write the whole URL with its scheme, as `https://api.example.com/health`")
    return text


def _address(text: str) -> str:
    if not re.match(r"https?://[^\s/]", text) and not re.fullmatch(r"[^\s/:]+/[^\s/:]+:\d{1,5}", text):
        raise ValueError("write `http(s)://…`, or `NAMESPACE/SERVICE:PORT` as `monitoring/prometheus:9090`")
    return text


def _pool(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or text.startswith("prefect"):
        raise ValueError("a work pool is called in small letters, digits and dashes, and not `prefect…`")
    return text


Workload = Annotated[str, AfterValidator(_workload)]
"""`deployment/NAME`, `statefulset/NAME` or `daemonset/NAME`."""
Port = Annotated[int, AfterValidator(_port)]
PoolName = Annotated[str, AfterValidator(_pool)]
Url = Annotated[str, AfterValidator(_url)]
Address = Annotated[str, AfterValidator(_address)]
"""`http(s)://…` or `NAMESPACE/SERVICE:PORT`."""
