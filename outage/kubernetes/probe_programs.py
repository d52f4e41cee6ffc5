"""The little program that asks a container's own readiness path from inside, as the kubelet does from outside."""

import re

from outage.kubernetes.objects import dig
from outage.value import Manifest, Value

ASK_SECONDS = 3
BODY_CHARACTERS = 300
PLAIN = re.compile(r"/[\w./?&=%:@+,~-]*")
"""Paths that a shell reads as they are."""
CODE = "outage-status "
"""Before the status, on a line of its own: what stands before it is the answer's text."""

SHELL = r"""
if command -v curl >/dev/null 2>&1; then
  curl -s -k -m SECONDS -w '\nCODE%{http_code}\n' 'URL'
elif command -v python3 >/dev/null 2>&1; then
  python3 - <<'END'
import ssl, urllib.error, urllib.request
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
try: answer = urllib.request.urlopen('URL', timeout=SECONDS, context=context)
except urllib.error.HTTPError as error: answer = error
print(answer.read(600).decode(errors='replace')); print('CODE%d' % answer.status)
END
elif command -v bash >/dev/null 2>&1; then
  timeout SECONDS bash -c "exec 3<>/dev/tcp/HOST/PORT
    printf 'GET PATH HTTP/1.0\r\nHost: HOST\r\n\r\n' >&3; head -c 900 <&3" |
    { read -r proto code rest; echo "CODE$code"; sed '1,/^\r*$/d'; }
else exit 127; fi
"""


class ReadinessPath(Value):
    """Where a container says whether it is ready."""

    container: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """As a client would write it."""
        return f"{self.scheme}://{self.host}:{self.port}{self.path}"


def readiness_path(pod: Manifest) -> ReadinessPath | None:
    """The first readiness path of a pod that is asked by HTTP; None when it has none, or no address."""
    host = dig(pod, "status.podIP")
    for one in dig(pod, "spec.containers", []):
        ask = dig(one, "readinessProbe.httpGet")
        port = _number(one, ask.get("port")) if ask else None
        if ask and port and host and not ask.get("host"):
            return ReadinessPath(
                container=str(one.get("name")),
                scheme=str(ask.get("scheme", "HTTP")).lower(),
                host=str(host),
                port=port,
                path=str(ask.get("path") or "/"),
            )
    return None


def _number(container: Manifest, port: object) -> int | None:
    if isinstance(port, int):
        return port
    named = [one.get("containerPort") for one in container.get("ports") or [] if one.get("name") == port]
    return int(named[0]) if named else None


def readiness_command(asked: ReadinessPath) -> list[str] | None:
    """What to exec; None for a path that a shell would read as something else."""
    if not PLAIN.fullmatch(asked.path):
        return None
    script = SHELL.replace("URL", asked.url).replace("HOST", asked.host).replace("PORT", str(asked.port))
    script = script.replace("PATH", asked.path).replace("SECONDS", str(ASK_SECONDS)).replace("CODE", CODE)
    return ["/bin/sh", "-c", script]


class ToldReadiness(Value):
    """What such a program printed."""

    status: int
    text: str


def readiness_answer(printed: str) -> ToldReadiness | None:
    """Status and text of what such a program printed; None when it tells no status."""
    status, text = None, []
    for line in printed.splitlines():
        if line.startswith(CODE) and line.removeprefix(CODE).strip().isdigit():
            status = int(line.removeprefix(CODE).strip())
        elif line.strip():
            text.append(line.strip())
    return ToldReadiness(status=status, text=" ".join(text)[:BODY_CHARACTERS]) if status else None
