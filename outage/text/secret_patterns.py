"""What a secret looks like: the names that speak of one, and the places in text where one stands.

Each pattern marks the secret itself as `value`; with a `key`, the name in front of it must speak of a secret too.
What surrounds it stays, because diagnosis lives from it.
"""

import re

SECRET_WORDS = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|credentials?"  # noqa: S105 - words, not a secret
    r"|(?:api|access|account|auth|encryption|hmac|jwt|license|master|private|session|signing)[-_]?key"
)
SECRET_NAME = re.compile(
    rf"(?i)(?:{SECRET_WORDS}|requirepass|masterauth|[a-z0-9][-_]auth$)"
    r"(?!.*(?:name|file|path|ref|enabled|ttl|expir|length|url|host)$)"
)
"""Names of settings whose value is a secret: `DB_PASSWORD`, but not `PASSWORD_FILE`."""
NAMES_OF_SECRETS = frozenset({"secret", "secretName", "tokenAudience"})
"""Fields of the API that name a Secret and hold none."""
HARMLESS = frozenset(
    [
        *("", "true", "false", "null", "none", "nil", "yes", "no", "on", "off", "enabled", "disabled"),
        *("authentication", "invalid", "expired", "missing", "required", "wrong", "incorrect", "failed"),
        *("default", "optional", "always", "never"),
    ]
)
"""What stands after such a word without being a secret: `password: authentication failed`."""
COUNTS = re.compile(r"(?i)(?:seconds?|minutes?|hours?|days?|count|size|limit|max|min|version|port|number)$")
ADDRESS = re.compile(r"[a-zA-Z][\w+.-]*://\S+|[a-z][a-z0-9.-]*:\d{2,5}")

PASSWORD_FLAGS = frozenset({"requirepass", "masterauth"})
"""Words of a command line whose next word is a password, with or without dashes."""
CLIENTS = (("redis-cli", "-a"), ("sshpass", "-p"), ("curl", "-u"), ("wget", "--password"))
"""Programs, and their short flag with a password behind it."""
MYSQL = re.compile(r"\b(?:mysql|mariadb)")
"""Its clients glue the password to the flag: `-phunter22`."""


def is_address(value: str) -> bool:
    """Whether it says where something is; what is secret in an address is hidden by itself."""
    return bool(ADDRESS.fullmatch(value.strip()))


def counts_something(name: str) -> bool:
    """Whether a name with a secret's word in it is of a number of something: `tokenExpirationSeconds`."""
    return bool(COUNTS.search(name))


_VALUE = r"(?P<value>\"[^\"\r\n]{1,512}\"|'[^'\r\n]{1,512}'|[^\s'\";|&]{1,512})"
"""One word of a command line, or what stands in quotes."""
_PEM = re.compile(
    r"(?P<value>-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z))",
    re.DOTALL,
)
_URL = re.compile(
    r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@'\"]{0,128}:(?P<value>[^\s/'\"]{1,256})@(?=[\w\[$%{(.-])"
)
"""Up to the last `@` in front of the host: people write passwords with one in them."""
_URL_TOKEN = re.compile(r"\bhttps?://(?P<value>[^\s/:@'\"]{6,256})@")
"""A user without a password, as in a Sentry DSN or a git remote, is a token."""
_DRIVER = re.compile(r"(?<![\w/])[\w.-]{1,64}:(?P<value>[^\s/]{1,256})@(?:tcp|unix)\(")
"""A MySQL DSN of Go."""
_HEADER = re.compile(
    r"(?i)\b(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key)['\"]?\s*[:=]\s*"
    r"(?P<value>[^\r\n]{1,4096})"
)
_AUTHORIZATION = re.compile(
    r"(?i)\bauthorization['\"]?(?:\s*[:=]\s*|\s+(?=['\"]|(?:bearer|basic|token)\b))['\"]?"
    r"(?:(?:bearer|basic|token|digest)\s+)?(?![a-z]+://|(?:bearer|basic|token|digest)\b)(?P<value>[^\s'\",;]{4,4096})"
)
"""In the settings of a proxy or a client, where other words stand on the same line."""
_API_KEY = re.compile(r"(?i)\bx-api-key['\"]?[\s:=]+" + _VALUE)
_BEARER = re.compile(r"(?i)\b(?:bearer|basic)\s+(?P<value>[A-Za-z0-9._~+/=-]{12,})")
_BEARER_WITH_DIGIT = re.compile(r"(?i)\bbearer\s+(?P<value>(?=[^\s'\"]*\d)[A-Za-z0-9._~+/=-]{8,})")
_JWT = re.compile(r"\b(?P<value>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)")
_CLOUD = re.compile(
    r"(?P<value>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,})"
)
_PAIR = re.compile(
    rf"(?i)(?P<key>(?:{SECRET_WORDS})[\w.-]{{0,32}})(?P<sign>\\?['\"]\s*[:=]\s*\\?|\s*(?:=|:(?!\d))\s*)"
    r"(?P<value>\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s,;&'\"}\])]{3,512})"
)
"""A bare number after a colon is a port (`secret:8080`), unless the name is in quotes as in JSON."""
_WORD = re.compile(
    r"(?im)(?:^|(?<=[\s'\"]))(?:-{0,2}(?:requirepass|masterauth))[ \t]+"
    r"(?P<value>\"[^\"\r\n]{1,512}\"|'[^'\r\n]{1,512}'|[^\s'\"]{1,512})"
)
_FLAG = re.compile(
    rf"(?i)(?<![\w-])(?P<key>--?[\w-]{{0,64}}(?:{SECRET_WORDS})[\w-]{{0,64}})[ \t]+"
    r"(?P<value>\"[^\"\r\n]{1,512}\"|'[^'\r\n]{1,512}'|[^\s'\"-][^\s'\"]{0,512})"
)
_MYSQL = re.compile(r"\b(?:mysql|mariadb)[\w-]*[ \t][^|;&\r\n]{0,500}?(?<=[ \t])-p" + _VALUE)
_CLIENT = re.compile(
    r"\b(?:redis-cli\b[^|;&\r\n]{0,500}?[ \t](?:-a|--pass)|sshpass[ \t]+-p"
    r"|curl\b[^|;&\r\n]{0,500}?[ \t](?:-u|--user))[ \t]*" + _VALUE
)

_EVERYWHERE: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("-----begin",), _PEM),
    (("://",), _URL),
    (("http",), _URL_TOKEN),
    (("@tcp(", "@unix("), _DRIVER),
)
_ALSO: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("eyj",), _JWT),
    (("akia", "asia", "gh", "xox"), _CLOUD),
    (("pass", "pwd", "secret", "token", "key", "credential"), _PAIR),
    (("requirepass", "masterauth"), _WORD),
    (("pass", "pwd", "secret", "token", "key", "credential"), _FLAG),
    (("mysql", "mariadb"), _MYSQL),
    (("redis-cli", "sshpass", "curl"), _CLIENT),
)
RULES = (
    *_EVERYWHERE,
    (("authorization", "cookie", "x-api-key"), _HEADER),
    (("authorization",), _AUTHORIZATION),
    (("bearer", "basic"), _BEARER),
    *_ALSO,
)
"""For logs and what came back: words without which a pattern cannot match, and the pattern."""
MANIFEST_RULES = (
    *_EVERYWHERE,
    (("authorization",), _AUTHORIZATION),
    (("x-api-key",), _API_KEY),
    (("bearer",), _BEARER_WITH_DIGIT),
    *_ALSO,
)
"""For the fields of objects, where "basic" and "cookie" are the settings of a proxy."""
