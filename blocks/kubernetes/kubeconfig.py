"""Read a kubeconfig the way kubectl does, into what a connection needs and nothing else.

The `kubernetes` package is imported only for users that log in through a plugin: it takes half a second and
30 MB, which a certificate or a token does not need.
"""

import base64
import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from outage.errors import FileError, cut

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Access:
    """How to reach one API server as one identity. Printing it shows no secret."""

    server: str
    context: str
    namespace: str
    """The context's own default namespace; `default` when it names none."""
    tls: ssl.SSLContext | None = field(repr=False)
    """None for plain http."""
    headers: Callable[[], dict[str, str]] = field(repr=False)
    """The headers that say who we are; asked for each request, since tokens are renewed."""
    server_name: str | None = None
    """The name on the server's certificate when it is not the host of `server`."""


def read_access(path: str | None = None, context: str | None = None) -> Access:
    """Find the kubeconfig (or the pod's own service account) and read one context of it.

    Args:
        path: One file, or several with `:` between; None for KUBECONFIG's, `~/.kube/config`, then the pod's
            own account.
        context: None for the current one.

    Raises:
        FileError: There is no kubeconfig, it cannot be read, or it lacks the context. Permanent.
    """
    files = _files(path)
    if not files:
        if path is None and (SERVICE_ACCOUNT / "token").exists() and not os.environ.get("KUBECONFIG"):
            return _in_cluster()
        named = path or os.environ.get("KUBECONFIG") or "~/.kube/config"
        raise FileError(f"read kubeconfig {named}: no such file; name one with --kubeconfig or KUBECONFIG")
    merged = _merge(files)
    name = context or merged["current-context"]
    if not name:
        raise FileError(f"read kubeconfig {files[0]}: it has no current context; name one with --context")
    chosen = _named(merged, "contexts", "context", name, files[0])
    cluster = _named(merged, "clusters", "cluster", chosen.get("cluster", ""), files[0])
    user = _named(merged, "users", "user", chosen["user"], files[0]) if chosen.get("user") else {}
    namespace = chosen.get("namespace") or "default"
    if "exec" in user or "auth-provider" in user:
        return _through_plugin(files, name, namespace)
    server = str(cluster.get("server", "")).rstrip("/")
    return Access(
        server=server,
        context=name,
        namespace=namespace,
        tls=_tls(cluster, user, files[0]) if server.startswith("https") else None,
        headers=_headers(user),
        server_name=cluster.get("tls-server-name"),
    )


def _files(path: str | None) -> list[Path]:
    named = path or os.environ.get("KUBECONFIG") or "~/.kube/config"
    candidates = [Path(one).expanduser() for one in named.split(os.pathsep) if one]
    return [one for one in candidates if one.is_file()]


def _merge(files: list[Path]) -> dict[str, Any]:
    merged: dict[str, Any] = {"current-context": "", "contexts": {}, "clusters": {}, "users": {}}
    for file in files:
        try:
            body = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}  # noqa: S506 - a safe loader
            merged["current-context"] = merged["current-context"] or body.get("current-context") or ""
            for shelf in ("contexts", "clusters", "users"):
                for entry in body.get(shelf) or []:
                    merged[shelf].setdefault(entry["name"], {**entry, "file": file})
        except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise FileError(f"read kubeconfig {file}: it is not a kubeconfig ({cut(str(error))})") from error
    return merged


def _named(merged: dict[str, Any], shelf: str, key: str, name: str, file: Path) -> dict[str, Any]:
    entry = merged[shelf].get(name)
    if entry is None:
        there = ", ".join(sorted(merged[shelf])) or "none"
        raise FileError(f"read kubeconfig {file}: it has no {key} {name!r}; it has {there}")
    body = dict(entry.get(key) or {})
    for field_name in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
        if body.get(field_name):
            body[field_name] = str(entry["file"].parent / body[field_name])
    return body


def _tls(cluster: dict[str, Any], user: dict[str, Any], file: Path) -> ssl.SSLContext:
    try:
        authority = cluster.get("certificate-authority-data")
        tls = ssl.create_default_context(
            cafile=cluster.get("certificate-authority") if not authority else None,
            cadata=base64.b64decode(authority).decode() if authority else None,
        )
        if cluster.get("insecure-skip-tls-verify"):
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        with _certificate(user) as pair:
            if pair:
                tls.load_cert_chain(*pair)
    except (OSError, ValueError) as error:
        raise FileError(
            f"read kubeconfig {file}: its certificates cannot be used ({cut(str(error))})"
        ) from error
    return tls


@contextmanager
def _certificate(user: dict[str, Any]) -> Iterator[tuple[str, str] | None]:
    """The client certificate and key as files, since ssl takes nothing else; gone again right after."""
    certificate, key = user.get("client-certificate-data"), user.get("client-key-data")
    if certificate and key:
        with tempfile.TemporaryDirectory(prefix="outage-") as folder:
            paths = Path(folder, "certificate"), Path(folder, "key")
            for target, data in zip(paths, (certificate, key), strict=True):
                target.touch(mode=0o600)
                target.write_bytes(base64.b64decode(data))
            yield str(paths[0]), str(paths[1])
    elif user.get("client-certificate") and user.get("client-key"):
        yield user["client-certificate"], user["client-key"]
    else:
        yield None


def _headers(user: dict[str, Any]) -> Callable[[], dict[str, str]]:
    if user.get("tokenFile"):
        return lambda: {"Authorization": f"Bearer {Path(user['tokenFile']).read_text().strip()}"}
    if user.get("token"):
        return lambda: {"Authorization": f"Bearer {user['token']}"}
    if user.get("username"):
        pair = base64.b64encode(f"{user['username']}:{user.get('password', '')}".encode()).decode()
        return lambda: {"Authorization": f"Basic {pair}"}
    return dict


def _through_plugin(files: list[Path], context: str, namespace: str) -> Access:
    from kubernetes import client, config

    configuration = client.Configuration()
    joined = os.pathsep.join(str(one) for one in files)
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=joined, context=context, client_configuration=configuration
        )
        tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        if not configuration.verify_ssl:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        if configuration.cert_file:
            tls.load_cert_chain(configuration.cert_file, configuration.key_file)
    except Exception as error:
        raise FileError(f"log in with the plugin of context {context}: {cut(str(error))}") from error

    def headers() -> dict[str, str]:
        token = configuration.get_api_key_with_prefix("authorization")
        token = token or configuration.get_api_key_with_prefix("BearerToken")
        return {"Authorization": token} if token else {}

    return Access(str(configuration.host).rstrip("/"), context, namespace, tls, headers)


def _in_cluster() -> Access:
    host, port = (
        os.environ.get("KUBERNETES_SERVICE_HOST", ""),
        os.environ.get("KUBERNETES_SERVICE_PORT", "443"),
    )
    if not host:
        raise FileError("read kubeconfig: there is none, and KUBERNETES_SERVICE_HOST is not set either")
    user = {"tokenFile": str(SERVICE_ACCOUNT / "token")}
    cluster = {"certificate-authority": str(SERVICE_ACCOUNT / "ca.crt")}
    namespace = (SERVICE_ACCOUNT / "namespace").read_text().strip()
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Access(
        server, "in-cluster", namespace, _tls(cluster, {}, SERVICE_ACCOUNT / "ca.crt"), _headers(user)
    )
