"""The little programs that ask health paths from inside a pod, with whatever its image happens to hold. Pure.

Each prints one line per question: `http HOST PORT PATH` and then `HTTP/… STATUS`, or why there is none.
"""

import re
from collections.abc import Sequence

from outage.kubernetes.inside.side_by_side import InsideQuestion, SideBySide, printed_answers
from outage.value import Value

ASK_SECONDS = 2
"""Longer than a healthy answer inside a cluster; a policy that drops packets costs this much."""


class HealthQuestion(Value):
    """One health path of one Service."""

    host: str
    """The Service's name in DNS, with its namespace."""
    port: int
    path: str


class HealthAnswer(Value):
    """What came back for one question."""

    host: str
    port: int
    status: int | None = None
    """None when no answer came: who may not ask hears nothing either."""
    says: str = ""


SHELL = r"""
set -f; unset http_proxy HTTP_PROXY
within=; command -v timeout >/dev/null 2>&1 && within="timeout SECONDS"
if command -v curl >/dev/null 2>&1; then
  ask() { curl -sS -o /dev/null --max-time SECONDS -w ' HTTP/ %{http_code}' "http://$1:$2$3"; }
elif command -v wget >/dev/null 2>&1; then
  ask() { $within wget -S -T SECONDS -O /dev/null "http://$1:$2$3"; }
elif command -v bash >/dev/null 2>&1 && [ -n "$within" ]; then
  ask() { $within bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
    printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$2" "$0" >&3; read -r line <&3; echo "$line"' "$1" "$2" "$3"; }
else exit 127; fi
one() { said=$(ask "$@" 2>&1); echo http "$1" "$2" "$3" $said; }
"""
"""The questions are asked side by side, past any proxy; 127 tells that the image holds nothing to ask with."""

PYTHON = """
import http.client, sys
def one(host, port, path):
    try:
        asked = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
        asked.request('GET', path)
        says = 'HTTP/ %d' % asked.getresponse().status
    except Exception as error:
        says = str(error).replace('\\n', ' ')
    sys.stdout.write('http %s %s %s %s\\n' % (host, port, path, says))
"""

NODE = """
function one(host,port,path){
 const say=t=>console.log('http',host,port,path,t);
 const asked=require('http').get({host,port,path,timeout:SECONDS*1000},a=>{say('HTTP/ '+a.statusCode);a.destroy()});
 asked.on('timeout',()=>asked.destroy(new Error('timed out')));asked.on('error',e=>say(e.message))}
"""
HEALTH = SideBySide(shell=SHELL, python=PYTHON, node=NODE, seconds=ASK_SECONDS)


def health_programs(questions: Sequence[HealthQuestion]) -> list[list[str]]:
    """What to exec, in this order, until one of them is in the image."""
    return HEALTH.commands([InsideQuestion(one.host, str(one.port), one.path) for one in questions])


def health_answers(printed: str) -> tuple[HealthAnswer, ...]:
    """Read what such a program printed; lines that are not ours are left out."""
    found = []
    for _, host, port, _, says in printed_answers(printed, "http"):
        if not port.isdecimal():
            continue
        statuses = re.findall(r"HTTP/\S* ([1-5]\d\d)\b", says)
        status = int(statuses[-1]) if statuses else None  # wget follows redirections; the last one counts
        found.append(HealthAnswer(host=host, port=int(port), status=status, says=says[:160]))
    return tuple(found)
