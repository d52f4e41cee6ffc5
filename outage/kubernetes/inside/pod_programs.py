"""The little programs that try addresses from inside a pod, with whatever the image happens to hold.

Each prints one line per target: `tcp HOST PORT ok|no WHY` or `dns HOST ok|no ADDRESS`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from outage.kubernetes.inside.side_by_side import InsideQuestion, SideBySide, printed_answers
from outage.kubernetes.objects import dig
from outage.value import Manifest, Value

TRY_SECONDS = 3


class ReachTarget(Value):
    """One address to try."""

    host: str
    port: int | None = None
    """None: only look the name up."""

    @property
    def spelled(self) -> str:
        """`host:port`, or the bare host for a name."""
        return f"{self.host}:{self.port}" if self.port else self.host


class ReachAnswer(Value):
    """What came back for one target."""

    by: Literal["tcp", "dns"]
    host: str
    port: int | None = None
    reached: bool
    says: str = ""


SHELL = r"""
within=; command -v timeout >/dev/null 2>&1 && within="timeout SECONDS"
try() { # host port
  if command -v bash >/dev/null 2>&1 && [ -n "$within" ]; then
    $within bash -c "exec 3<>/dev/tcp/$1/$2" 2>&1
  elif command -v nc >/dev/null 2>&1; then nc -z -w SECONDS "$1" "$2" 2>&1
  elif command -v python3 >/dev/null 2>&1; then
    python3 -c "import socket; socket.create_connection(('$1', $2), SECONDS)" 2>&1
  elif command -v perl >/dev/null 2>&1; then
    perl -MIO::Socket::INET -e "
      IO::Socket::INET->new(PeerAddr => '$1', PeerPort => $2, Timeout => SECONDS) or die \$@" 2>&1
  elif command -v node >/dev/null 2>&1; then
    node -e "const s = require('net').connect($2, '$1'); const end = (code, says) => {
      if (says) console.log(says); process.exit(code) };
      s.setTimeout(SECONDS * 1000, () => end(1, 'timed out'));
      s.on('connect', () => end(0)); s.on('error', e => end(1, e.message))" 2>&1
  elif command -v curl >/dev/null 2>&1; then
    curl -sv -o /dev/null --connect-timeout SECONDS --max-time SECONDS "telnet://$1:$2" </dev/null 2>&1 |
      grep -q "Connected to"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -T SECONDS -O /dev/null "http://$1:$2/" 2>&1; c=$?; [ $c = 0 ] || [ $c = 8 ]
  else return 99; fi
}
name() { # host
  if command -v getent >/dev/null 2>&1; then $within getent hosts "$1"
  elif command -v python3 >/dev/null 2>&1; then
    $within python3 -c "import socket; print(socket.gethostbyname('$1'))" 2>&1
  elif command -v nslookup >/dev/null 2>&1; then $within nslookup "$1" 2>&1
  elif command -v node >/dev/null 2>&1; then
    node -e "require('dns').lookup('$1',(e,a)=>{console.log(e?e.message:a);process.exit(e?1:0)})" 2>&1
  else return 99; fi
}
say() { # kind, host, port, what was printed, code
  case "$5" in 99) word=none ;; 0) word=ok ;; *) word=no ;; esac
  echo "$1 $2 $3 $word $4"
}
one() { # kind host port
  if [ "$1" = tcp ]; then out=$(try "$2" "$3"); else out=$(name "$2"); fi
  code=$?
  say "$1" "$2" "$3" "$(echo $out)" $code
}
"""
"""One shell function per question; the targets are tried side by side."""

PYTHON = """
import socket, sys
def one(kind, host, port):
    try:
        if kind == 'tcp':
            socket.create_connection((host, int(port)), SECONDS).close(); says = ''
        else:
            says = socket.gethostbyname(host)
        answer = 'ok ' + says
    except Exception as error:
        answer = 'no ' + str(error).replace('\\n', ' ')
    sys.stdout.write('%s %s %s %s\\n' % (kind, host, port, answer))
"""

NODE = """
function one(k,h,p){
 if(k==='dns')require('dns').lookup(h,(e,a)=>console.log(k,h,p,e?'no':'ok',e?e.message:a));
 else{const s=require('net').connect(+p,h);let d=0;
  const end=(o,t)=>{if(!d){d=1;console.log(k,h,p,o,t);s.destroy()}};
  s.setTimeout(SECONDS*1000,()=>end('no','timed out'));s.on('connect',()=>end('ok',''));
  s.on('error',e=>end('no',e.message))}}
"""
REACH = SideBySide(shell=SHELL, python=PYTHON, node=NODE, seconds=TRY_SECONDS)


def reach_commands(targets: Sequence[ReachTarget]) -> list[list[str]]:
    """What to exec, in this order, until one of them is in the image."""
    return REACH.commands([question for one in targets for question in _questions(one)])


def _questions(target: ReachTarget) -> Iterator[InsideQuestion]:
    yield InsideQuestion("dns", target.host, "-")
    if target.port:
        yield InsideQuestion("tcp", target.host, str(target.port))


def reach_answers(printed: str) -> tuple[ReachAnswer, ...]:
    """Read what such a program printed; lines that are not ours are left out, and so is what nothing could try."""
    found = []
    for kind, host, port, word, says in printed_answers(printed, "tcp", "dns"):
        if word not in ("ok", "no"):
            continue
        found.append(
            ReachAnswer(
                by="tcp" if kind == "tcp" else "dns",
                host=host,
                port=int(port) if port.isdigit() else None,
                reached=word == "ok",
                says=_plain(says),
            )
        )
    return tuple(found)


def _plain(says: str) -> str:
    """Bash says everything twice; the first half is enough."""
    return says.removeprefix("bash: connect: ").partition(" bash: ")[0].removeprefix("bash: line 1: ")[:160]


ASK_SECONDS = 3
BODY_CHARACTERS = 300
PLAIN_PATH = re.compile(r"/[\w./?&=%:@+,~-]*")
"""Paths that a shell reads as they are."""
STATUS_MARK = "outage-status "
"""Before the status, on a line of its own: what stands before it is the answer's text."""

READINESS_SHELL = r"""
if command -v curl >/dev/null 2>&1; then
  curl -s -k -m SECONDS -w '\nSTATUS_MARK%{http_code}\n' 'URL'
elif command -v python3 >/dev/null 2>&1; then
  python3 - <<'END'
import ssl, urllib.error, urllib.request
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
try: answer = urllib.request.urlopen('URL', timeout=SECONDS, context=context)
except urllib.error.HTTPError as error: answer = error
print(answer.read(600).decode(errors='replace')); print('STATUS_MARK%d' % answer.status)
END
elif command -v bash >/dev/null 2>&1; then
  timeout SECONDS bash -c "exec 3<>/dev/tcp/HOST/PORT
    printf 'GET PATH HTTP/1.0\r\nHost: HOST\r\n\r\n' >&3; head -c 900 <&3" |
    { read -r proto code rest; echo "STATUS_MARK$code"; sed '1,/^\r*$/d'; }
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
    if not PLAIN_PATH.fullmatch(asked.path):
        return None
    script = (
        READINESS_SHELL.replace("URL", asked.url).replace("HOST", asked.host).replace("PORT", str(asked.port))
    )
    script = (
        script.replace("PATH", asked.path)
        .replace("SECONDS", str(ASK_SECONDS))
        .replace("STATUS_MARK", STATUS_MARK)
    )
    return ["/bin/sh", "-c", script]


class ToldReadiness(Value):
    """What such a program printed."""

    status: int
    text: str


def readiness_answer(printed: str) -> ToldReadiness | None:
    """Status and text of what such a program printed; None when it tells no status."""
    status, text = None, []
    for line in printed.splitlines():
        if line.startswith(STATUS_MARK) and line.removeprefix(STATUS_MARK).strip().isdigit():
            status = int(line.removeprefix(STATUS_MARK).strip())
        elif line.strip():
            text.append(line.strip())
    return ToldReadiness(status=status, text=" ".join(text)[:BODY_CHARACTERS]) if status else None
