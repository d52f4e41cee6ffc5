"""What a secret looks like: the names that speak of one, and the places in text where one stands.

Each pattern marks the secret itself as `value`; with a `key`, the name in front of it must speak of a secret too.
What surrounds it stays, because diagnosis lives from it.
"""

import re

SECRET_WORDS = (
    r"pass(?:word|wd|phrase|code)|(?<!by)(?<!com)pass(?![a-z])"  # noqa: S105 - words, not a secret
    r"|pwd|secret|token(?!i[sz])|credentials?"
    r"|(?:aes|api|access|account|app|auth|consumer|cookie|crypto?|encryption|fernet|hmac|jwt|license|master|private"
    r"|session|shared|signing|ssh|storage|stripe|webhook)[-_.]?key(?!s?_?(?:store|word|id$))"
)
_HOLDS_NONE = (
    r"names?|namespace|files?|paths?|dir|refs?|enabled|disabled|required|ttl|expir\w*|lifetime|length|ur[li]|host"
    r"|header|policy|provider|type|mode|algorithm|issuer|audience|endpoint|format|interval|cost|rounds|retries"
)
"""What a setting ends with that is about a secret and holds none: where it lies, how long it lives, who gives it."""
SECRET_NAME = re.compile(
    rf"(?i)(?:{SECRET_WORDS}|requirepass|masterauth|[a-z0-9][-_.]auth$)(?!.*(?:{_HOLDS_NONE})$)"
)
"""Names of settings whose value is a secret: `DB_PASSWORD`, but not `PASSWORD_FILE`."""
NAMES_OF_SECRETS = frozenset({"secret", "secretName", "tokenAudience"})
"""Fields of the API that name a Secret and hold none."""
HARMLESS = frozenset(
    [
        *(
            "",
            "0",
            "1",
            "true",
            "false",
            "null",
            "none",
            "nil",
            "yes",
            "no",
            "on",
            "off",
            "enabled",
            "disabled",
        ),
        *("authentication", "invalid", "expired", "missing", "required", "wrong", "incorrect", "failed"),
        *("default", "optional", "always", "never", "plain", "login", "basic", "digest", "bearer"),
    ]
)
"""What stands after such a word without being a secret: `password: authentication failed`."""
COUNTS = re.compile(
    r"(?i)(?:tokens|seconds?|timeout|minutes?|hours?|days?|count|size|limit|max|min|version|port|number)$"
)
ADDRESS = re.compile(r"[a-zA-Z][\w+.-]*://\S+|[a-z][a-z0-9.-]*:\d{2,5}")

PASSWORD_FLAGS = frozenset({"requirepass", "masterauth"})
"""Words of a command line whose next word is a password, with or without dashes."""
CLIENTS = (
    *(("redis-cli", "-a"), ("sshpass", "-p"), ("curl", "-u"), ("wget", "--password")),
    *(("mongo", "-p"), ("rabbitmqadmin", "-p"), ("docker login", "-p"), ("ldapsearch", "-w")),
)
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
    r"(?P<value>\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{20,}\b|github_pat_\w{20,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|glpat-[\w-]{20,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|sk-[A-Za-z0-9_-]{32,}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|hvs\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}))"
)
"""Tokens that those who give them out made to be recognised."""
_SIGNED = re.compile(
    r"(?i)[?&](?:sig|signature|x-amz-signature|x-goog-signature)=(?P<value>[^&\s'\"]{8,512})"
)
"""A link that opens by its signature."""
_HOOK = re.compile(
    r"(?i)\b(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/(?P<value>[\w/-]{16,256})"
)
"""An address that whoever knows it may post to."""
_DOCKER = re.compile(r"\"auth\\?\"[ \t]*:[ \t]*\\?\"(?P<value>[A-Za-z0-9+/=]{8,4096})")
"""A registry's user and password, as docker keeps them."""
_PAIR = re.compile(
    rf"(?i)(?P<key>(?:{SECRET_WORDS})[\w.-]{{0,32}})(?P<sign>\\?['\"][ \t]*[:=][ \t]*\\?|[ \t]*(?:=|:(?!\d))[ \t]*)"
    r"(?P<value>\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s,;&'\"}\])]{3,512})"
)
"""A bare number after a colon is a port (`secret:8080`), unless the name is in quotes as in JSON."""
_AUTH = re.compile(
    r"(?i)(?<![\w.-])(?P<key>[\w.-]{1,64}[-_.]auth|-{0,2}masterauth)"
    r"(?P<sign>\\?['\"][ \t]*[:=][ \t]*\\?|[ \t]*(?:=|:(?!\d))[ \t]*)"
    r"(?P<value>\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s,;&'\"}\])]{3,512})"
)
"""`REDIS_AUTH=…`"""
_NAMED_VALUE = re.compile(
    r"\bname\\?['\"]?[ \t]*[:=][ \t]*\\?['\"]?(?P<key>[\w.-]{1,128})\\?['\"]?[\s,+-]{1,80}"
    r"\\?['\"]?value\\?['\"]?[ \t]*[:=][ \t]*(?P<value>\\?\"[^\"\r\n]{1,512}\"|'[^'\r\n]{1,512}'|[^\s'\"}\]]{1,512})"
)
"""A variable of a container as YAML or JSON: the name that tells stands in another field."""
_WORD = re.compile(
    r"(?im)(?:^|(?<=[\s'\"]))(?:-{0,2}(?:requirepass|masterauth))[ \t]+"
    r"(?P<value>\"[^\"\r\n]{1,512}\"|'[^'\r\n]{1,512}'|[^\s'\"]{1,512})"
)
_FLAG = re.compile(
    rf"(?i)(?<![\w-])(?P<key>--?[\w-]{{0,64}}(?:{SECRET_WORDS})[\w-]{{0,64}})[ \t]+"
    r"(?P<value>\"[^\"\r\n]{1,512}\"|'[^'\r\n]{1,512}'|[^\s'\"-][^\s'\"]{0,512})"
)
_LISTED = re.compile(
    rf"(?i)(?<![\w-])(?P<key>--?[\w-]{{0,64}}(?:{SECRET_WORDS}|masterauth)[\w-]{{0,64}})"
    r"(?:\\?['\"],[ \t]*|[ \t]*\r?\n[ \t+-]*)\\?['\"]?(?P<value>[^\s'\",\\\]-][^\s'\",\\\]]{0,512})"
)
"""A flag whose value is the next entry of a list, as YAML, JSON or `kubectl describe` write it."""
_MYSQL = re.compile(r"\b(?:mysql|mariadb)[\w-]*[ \t][^|;&\r\n]{0,500}?(?<=[ \t])-p" + _VALUE)
_CLIENT = re.compile(
    r"\b(?:redis-cli\b[^|;&\r\n]{0,500}?[ \t](?:-a|--pass)|sshpass[ \t]+-p|ldapsearch\b[^|;&\r\n]{0,500}?[ \t]-w"
    r"|(?:mongo\w*|rabbitmqadmin|docker[ \t]+login)\b[^|;&\r\n]{0,500}?[ \t]-p"
    r"|curl\b[^|;&\r\n]{0,500}?[ \t](?:-u|--user))[ \t]*" + _VALUE
)
_REDIS_USER = re.compile(
    r"(?i)\b(?:set)?user[ \t]+[^\s>]+[ \t]+(?:(?:on|off|reset\w*|no\w+|all\w+|[~&%+-]\S+)[ \t]+){0,32}"
    r">(?P<value>[^\s'\"]{3,512})"
)
"""A password in Redis' list of users: `user shop on >hunter22 ~* +@all`."""
_REDIS_RULES = re.compile(
    r"(?<=[ \t])>(?P<value>[^\s'\"]{1,512})(?=[^\r\n]{0,500}[ \t](?:[~&%]\S+|[+-]@\w+))"
)
"""The same without the name in front, or a second one."""
_PGPASS = re.compile(
    r"(?i)(?:^|(?<=[\s'\"`(]))(?:(?=[\w.-]*[a-z.])[\w.-]{1,253}|\\?\*):(?:\d{2,5}|\\?\*):"
    r"(?:\\?\*|[a-z_][\w-]{0,63}):(?:\\?\*|[a-z_][\w-]{0,63}):(?P<value>[^\s'\"`]{1,512})"
)
"""A line of libpq's password file: host, port, database, user, password."""
_HASHED = re.compile(
    r"(?<![\w$])(?P<value>\$(?:apr1|2[abxy]?|[156y]|argon2\w{1,2})\$[./A-Za-z0-9$=,+<>]{8,512}"
    r"|\{S?(?:SHA|MD5)(?:256|512)?\}[A-Za-z0-9+/=]{16,128}|SCRAM-SHA-256\$(?:\d+|<NUMBER>):[A-Za-z0-9+/=$:]{16,256})"
)
"""What a password file or a role keeps of a password: a short one can be found from it."""

_CLOUD_HINTS = (
    "akia",
    "asia",
    "gh",
    "xox",
    "github_pat",
    "xapp-",
    "glpat-",
    "k_live_",
    "k_test_",
    "sk-",
    "aiza",
    "npm_",
    "hvs.",
    "sg.",
)
_HASH_HINTS = (
    "$apr1$",
    "$2",
    "$1$",
    "$5$",
    "$6$",
    "$y$",
    "$argon",
    "sha}",
    "sha256}",
    "sha512}",
    "md5}",
    "scram-sha",
)
_EVERYWHERE: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("-----begin",), _PEM),
    (("://",), _URL),
    (("http",), _URL_TOKEN),
    (("@tcp(", "@unix("), _DRIVER),
)
_ALSO: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("eyj",), _JWT),
    (_CLOUD_HINTS, _CLOUD),
    (("sig",), _SIGNED),
    (("hooks.slack", "/webhooks/"), _HOOK),
    (('"auth',), _DOCKER),
    (("value",), _NAMED_VALUE),
    (("auth",), _AUTH),
    (("pass", "pwd", "secret", "token", "key", "credential"), _PAIR),
    (("requirepass", "masterauth"), _WORD),
    (("pass", "pwd", "secret", "token", "key", "credential"), _FLAG),
    (("mysql", "mariadb"), _MYSQL),
    (("redis-cli", "sshpass", "curl", "ldapsearch", "mongo", "rabbitmqadmin", "docker"), _CLIENT),
    ((" >",), _REDIS_USER),
    (("+@", "-@", " ~"), _REDIS_RULES),
    ((":5432:", ":5433:", ":6432:", "*:"), _PGPASS),
    (_HASH_HINTS, _HASHED),
)
RULES = (
    *_EVERYWHERE,
    (("authorization", "cookie", "x-api-key"), _HEADER),
    (("authorization",), _AUTHORIZATION),
    (("bearer", "basic"), _BEARER),
    *_ALSO,
    (("pass", "pwd", "secret", "token", "key", "credential", "masterauth"), _LISTED),
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
