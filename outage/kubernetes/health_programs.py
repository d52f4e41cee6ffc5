"""The little programs that ask health paths from inside a pod, with whatever its image happens to hold. Pure.

Each prints one line per question: `http HOST PORT PATH` and then `HTTP/… STATUS`, or why there is none.
"""

import re
from collections.abc import Sequence

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
import http.client, sys, threading
def one(host, port, path):
    try:
        asked = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
        asked.request('GET', path)
        says = 'HTTP/ %d' % asked.getresponse().status
    except Exception as error:
        says = str(error).replace('\\n', ' ')
    sys.stdout.write('http %s %s %s %s\\n' % (host, port, path, says))
words = sys.argv[1:]
running = [threading.Thread(target=one, args=words[at:at + 3]) for at in range(0, len(words), 3)]
[each.start() for each in running]; [each.join() for each in running]
"""

NODE = """
const w=process.argv.slice(1);
for(let i=0;i<w.length;i+=3){const[host,port,path]=w.slice(i,i+3);
 const say=t=>console.log('http',host,port,path,t);
 const asked=require('http').get({host,port,path,timeout:SECONDS*1000},a=>{say('HTTP/ '+a.statusCode);a.destroy()});
 asked.on('timeout',()=>asked.destroy(new Error('timed out')));asked.on('error',e=>say(e.message))}
"""


def health_programs(questions: Sequence[HealthQuestion]) -> list[list[str]]:
    """What to exec, in this order, until one of them is in the image."""
    words = [word for one in questions for word in (one.host, str(one.port), one.path)]
    shell, python, node = (text.replace("SECONDS", str(ASK_SECONDS)) for text in (SHELL, PYTHON, NODE))
    quoted = [f"'{word}'" for word in words if "'" not in word]
    if len(quoted) < len(words):
        return []  # no host and no path holds a quote; what does is no question of ours
    lines = " ".join(f"one {' '.join(quoted[at : at + 3])} &" for at in range(0, len(quoted), 3))
    return [
        ["/bin/sh", "-c", f"{shell}{lines} wait"],
        ["python3", "-c", python, *words],
        ["node", "-e", node, *words],
    ]


def health_answers(printed: str) -> tuple[HealthAnswer, ...]:
    """Read what such a program printed; lines that are not ours are left out."""
    found = []
    for line in printed.splitlines():
        words = line.split(None, 4)
        if len(words) < 4 or words[0] != "http" or not words[2].isdecimal():
            continue
        says = words[4] if len(words) > 4 else ""
        statuses = re.findall(r"HTTP/\S* ([1-5]\d\d)\b", says)
        status = int(statuses[-1]) if statuses else None  # wget follows redirections; the last one counts
        found.append(HealthAnswer(host=words[1], port=int(words[2]), status=status, says=says[:160]))
    return tuple(found)
