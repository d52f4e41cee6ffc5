"""What kind of trouble a log line tells of, and what it names: a host, an account, a table, a file, a verb.

One vocabulary for all languages and stores: each kind is told by the words of the libraries that complain.
"""

import re
from enum import StrEnum
from functools import lru_cache

from outage.value import Value


class TroubleKind(StrEnum):
    """What went wrong, in the words of who complains."""

    CREDENTIAL_REFUSED = "credential refused"
    ACCESS_DENIED = "access denied"
    TOKEN_MISSING = "service account token missing"  # noqa: S105  (a kind of trouble, no token)
    NAME_UNKNOWN = "name unknown"
    CERTIFICATE_EXPIRED = "certificate expired"
    CERTIFICATE_UNTRUSTED = "certificate not trusted"
    NO_SPACE = "no space left"
    FILES_EXHAUSTED = "no more files, watches or threads"
    CLOCK_WRONG = "clocks differ"
    READ_ONLY = "read-only"
    TOO_MANY_CLIENTS = "too many clients"
    POOL_EXHAUSTED = "pool exhausted"
    DEADLOCK = "deadlock"
    LOCK_WAITED = "waited for a lock"
    SEQUENCE_EXHAUSTED = "sequence exhausted"
    RELATION_MISSING = "relation missing"
    PORT_IN_USE = "port in use"
    PROGRAM_UNFIT = "program of another machine"
    OUT_OF_HEAP = "out of heap"
    RATE_LIMITED = "rate limited"
    CIRCUIT_OPEN = "circuit open"
    CONNECTION_REFUSED = "connection refused"
    CONNECTION_LOST = "connection lost"
    TIMED_OUT = "timed out"
    UPSTREAM_FAILED = "upstream failed"
    PROTOCOL_UNLIKE = "another protocol is spoken"
    WORKERS_BUSY = "no worker free"
    REPLICATION_STOPPED = "replication stopped"
    SEALED = "sealed"
    NOBODY_CONSUMES = "nobody consumes"
    NOT_THERE = "asked for what is not there"


_INSIDE = r"https?://[\w-]+(?:\.[\w-]+\.svc[\w.]*)?(?![\w.-])"
"""An address of the cluster: what a program finds missing in the world outside is everyday."""
_KINDS: tuple[tuple[TroubleKind, str], ...] = (
    (
        TroubleKind.TOKEN_MISSING,
        r"serviceaccount/(?:token|ca\.crt|namespace)|service token file does not exist|not running in-cluster"
        r"|unable to load in-cluster configuration",
    ),
    (
        TroubleKind.CLOCK_WRONG,
        r"RequestTimeTooSkewed|clock skew|KRB_AP_ERR_SKEW|used before issued|token is not (?:yet )?(?:valid|active)"
        r"|jwt not active|token can't be used before|issued in the future|is before .{0,40}NotBefore",
    ),
    (
        TroubleKind.CERTIFICATE_EXPIRED,
        r"certificate has expired|certificate expired|CertificateExpired|CERT_HAS_EXPIRED|NotAfter:|cert is expired"
        r"|expired certificate|PKIX path validation failed|certificate is no longer valid",
    ),
    (
        TroubleKind.CERTIFICATE_UNTRUSTED,
        r"certificate verify failed|unknown (?:certificate )?authority|self[- _]signed[ _]cert|unknown ca\b"
        r"|unable to get (?:local )?issuer|PKIX path building failed|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER"
        r"|certificate is (?:not )?valid for|doesn't match|bad certificate|certificate's altnames"
        r"|RemoteCertificate(?:ChainErrors|NameMismatch)|remote certificate is invalid|issuer is not trusted",
    ),
    (
        TroubleKind.PROTOCOL_UNLIKE,
        r"HTTP response to HTTPS client|wrong[ _]version[ _]number|does not look like a TLS handshake|frame too large"
        r"|HTTP request (?:was sent )?to (?:an? )?HTTPS (?:port|server)|malformed HTTP (?:response|version)"
        r"|looked like an HTTP/1|error reading server preface|NotSslRecord|Unsupported or unrecognized SSL message"
        r"|packet length too long|EPROTO\b|Received HTTP/0\.9|invalid (?:initial )?http2 (?:header|preface)"
        r"|http2 (?:preface|handshake) (?:failed|error)|unsupported protocol version|server does not support SSL"
        r"|bad client handshake|not a TLS/SSL|invalid response from .{0,40}maybe .{0,20}TLS",
    ),
    (
        TroubleKind.WORKERS_BUSY,
        r"WORKER TIMEOUT|reached (?:pm\.)?max_children|\bHARAKIRI\b|no (?:free|idle|available) workers?\b"
        r"|reached MaxRequestWorkers|worker_connections are not enough|listen queue .{0,30}full"
        r"|(?:thread|worker) pool (?:is )?(?:full|exhausted|saturated)|Terminating timed out worker"
        r"|execution timed out .{0,40}terminating|(?:RejectedExecution|TaskRejected)Exception"
        r"|thread ?pool (?:starvation|queue is full)",
    ),
    (
        TroubleKind.REPLICATION_STOPPED,
        r"replica SQL thread aborted|slave SQL thread aborted|Error running query, (?:replica|slave) SQL"
        r"|(?:Replica|Slave) (?:SQL|I/O) for channel|WAL segment \S+ has already been removed"
        r"|replication slot \"[^\"]+\" does not exist|MASTER aborted replication|too stale to catch up"
        r"|replication (?:is )?(?:broken|stopped)",
    ),
    (TroubleKind.SEALED, r"\bis sealed\b|\bSealed +true\b|\"sealed\": ?true"),
    (
        TroubleKind.NOBODY_CONSUMES,
        r"\b(?:0|no|zero|without) (?:active |running |live )?(?:consumers?|workers? (?:listening|online|found))\b"
        r"|consumers?[=: ]+0\b",
    ),
    (
        TroubleKind.ACCESS_DENIED,
        r"is forbidden: User|cannot (?:get|list|watch|create|update|patch|delete) resource|permission denied for"
        r"|\b403 forbidden|Error 403: |insufficient privileges?|AccessDenied\b|not authorized (?:to|on|for)\b|NOPERM"
        r"|(?:Topic|Group|Cluster|TransactionalId)AuthorizationException|command denied to user"
        r"|ACCESS_REFUSED - access to|is unauthorized for user|code = PermissionDenied",
    ),
    (
        TroubleKind.CREDENTIAL_REFUSED,
        r"password authentication failed|authentication failed|Access denied for user|WRONGPASS|NOAUTH"
        r"|invalid (?:username|password|credentials|username-password pair)|Login failed for user|28P01|\b28000\b"
        r"|SASL authentication failed|ACCESS_REFUSED|auth(?:entication)? fail(?:ed|ure)|role \"[^\"]+\" does not exist"
        r"|(?:user ?name|login)(?: [\w.@-]+)? (?:or|and/or|and) password (?:are |is )?(?:not |incorrect|wrong|invalid)"
        r"|bad user ?name or password|SMTPAuthenticationError|invalid login:|InvalidAccessKeyId|SignatureDoesNotMatch"
        r"|authorization violation|unable to authenticate|no password supplied|no pg_hba\.conf entry|login refused"
        r"|invalid_client\b|logon denied|password is (?:incorrect|wrong)|cookie mismatch|invalid challenge reply"
        r"|ORA-01017|bad api key|invalid api[ _-]?key|invalid access token",
    ),
    (
        TroubleKind.NAME_UNKNOWN,
        r"no such host|name or service not known|name resolution|nodename nor servname|ENOTFOUND|EAI_AGAIN|SERVFAIL"
        r"|UnknownHost|could not translate host name|not resolve|NXDOMAIN|host not found|Name does not resolve"
        r"|failed to (?:resolve|lookup address)|bad address '|unable to resolve|n't resolve|non-existing domain"
        r"|no resolvable bootstrap|name resolver error|DNS resolution failed|Unknown MySQL server host|gaierror"
        r"|no address associated with hostname|DnsNameResolver\w*Exception|lookup \S+ on \S+:53: "
        r"|could not be resolved",
    ),
    (
        TroubleKind.FILES_EXHAUSTED,
        r"too many open files|EMFILE|ENFILE|file watchers reached|inotify (?:watch|instances)|unable to create"
        r" (?:new )?native thread|pthread_create failed|fork: (?:retry: )?resource temporarily|fork/exec \S+ resource"
        r" temporarily",
    ),
    (
        TroubleKind.NO_SPACE,
        r"no space left on device|ENOSPC|disk (?:is )?full|not enough space|\b53100\b|disk quota exceeded|EDQUOT"
        r"|flood[- ]stage (?:disk )?watermark|read-only-allow-delete|unable to persist to disk|OutOfDiskSpace"
        r"|The table '[^']+' is full|disk (?:resource|free) limit|free_disk_space_lower|insufficient disk space",
    ),
    (
        TroubleKind.TOO_MANY_CLIENTS,
        r"too many clients|remaining connection slots|too many (?:open )?connections|max number of clients reached"
        r"|\b53300\b|max_user_connections|no more connections allowed|maximum number of connections"
        r"|connection limit exceeded",
    ),
    (
        TroubleKind.POOL_EXHAUSTED,
        r"pool (?:is |has been )?exhausted|QueuePool limit|Connection is not available, request timed out"
        r"|timeout exceeded when trying to connect|no (?:available|free) connections? in (?:the )?pool"
        r"|(?:obtain|acquir|fetch|check|wait)\w*(?: \w+){0,3}? connection\b.{0,30}?\bpool|pool is probably full"
        r"|acquiring a connection|ConnectionAcquireTimeout|GetConnectionTimeoutException|connection pool timeout"
        r"|query_wait_timeout|PoolTimeout",
    ),
    (TroubleKind.DEADLOCK, r"deadlock (?:detected|found)|40P01"),
    (
        TroubleKind.LOCK_WAITED,
        r"canceling statement due to (?:statement|lock) timeout|lock wait timeout|could not obtain lock|55P03"
        r"|\b57014\b|waiting for (?:the )?(?:change ?log|migration|schema|advisory) lock"
        r"|could not acquire (?:the )?(?:change ?log|migration|advisory) lock",
    ),
    (
        TroubleKind.SEQUENCE_EXHAUSTED,
        r"reached maximum value of sequence|nextval: reached|integer out of range",
    ),
    (
        TroubleKind.RELATION_MISSING,
        r"(?:relation|database|schema|view) \"[^\"]+\" does not exist|no such (?:table|index)"
        r"|Table '[^']+' doesn't exist"
        r"|column \"?\S+\"? does not exist|42P01|Unknown column|Unknown database|Invalid object name"
        r"|index_not_found_exception|UnknownTopicOrPartition|NOT_FOUND - no (?:queue|exchange)",
    ),
    (
        TroubleKind.READ_ONLY,
        r"read-only transaction|READONLY You can't write|--(?:super-)?read-only|read-only file ?system|EROFS"
        r"|NotWritablePrimary|not primary\b|not master\b|read only replica",
    ),
    (
        TroubleKind.PORT_IN_USE,
        r"address already in use|EADDRINUSE|port is already allocated|bind: .*in use"
        r"|Port \d+ (?:was|is) already in use",
    ),
    (TroubleKind.PROGRAM_UNFIT, r"exec format error"),
    (
        TroubleKind.OUT_OF_HEAP,
        r"OutOfMemoryError|heap out of memory|Reached heap limit|java heap space|MemoryError|OutOfMemoryException"
        r"|Allowed memory size of|OOM command not allowed|runtime: out of memory|memory resource limit alarm"
        r"|vm_memory_high_watermark set|low on memory|circuit_breaking_exception|memory allocation of \d+ bytes failed",
    ),
    (
        TroubleKind.NOT_THERE,
        rf"\b(?:404|405|410|501)\b.{{0,60}}?\b(?:from|for|on|at|calling|to)\b.{{0,12}}?{_INSIDE}"
        rf"|{_INSIDE}\S*[^\w\"]{{1,3}}(?:(?:returned|answered|responded|failed|status|with|code)[ :=]+){{1,4}}"
        r"(?:404|405|410|501)\b"
        r"|code = Unimplemented|unknown (?:service|method) \w+\.\w+",
    ),
    (TroubleKind.RATE_LIMITED, r"rate limit|too many requests|\b429\b|throttl(?:ed|ing)|Rate exceeded"),
    (TroubleKind.CIRCUIT_OPEN, r"circuit ?breaker|circuit .{0,40}open|CallNotPermitted"),
    (
        TroubleKind.CONNECTION_REFUSED,
        r"connection refused|ECONNREFUSED|actively refused|connect: refused|can't connect to (?:local )?\w+ server"
        r"|node may not be available|delayed[_ ]connect[_ ]error|endpoints were reachable|NoNodeAvailable"
        r"|UnableToConnect|not possible to connect to the|network-related or instance-specific error"
        r"|could not open a connection to|ORA-12541|no listener\b|Is the server running on that host",
    ),
    (
        TroubleKind.CONNECTION_LOST,
        r"connection reset|reset by peer|ECONNRESET|broken pipe|EPIPE|server closed the connection"
        r"|Communications link failure|unexpected EOF|no route to host|EHOSTUNREACH|network is unreachable|hang up"
        r"|server has gone away|lost connection to|connection (?:has been|was) closed|connection to \w+ lost"
        r"|terminating connection due to",
    ),
    (TroubleKind.TIMED_OUT, r"timed? ?out|timeout|deadline exceeded|ETIMEDOUT|not present in metadata after"),
    (
        TroubleKind.UPSTREAM_FAILED,
        r"\b(?:HTTP Error |status(?: code)?[=: ]+|HTTP/[\d.]+\"? |answered |returned )?50[0234]\b"
        r"|bad gateway|service unavailable|no healthy upstream|upstream",
    ),
)
_COMPILED = tuple((kind, re.compile(words, re.I)) for kind, words in _KINDS)
DEPENDENCY = frozenset(
    {
        *(TroubleKind.CREDENTIAL_REFUSED, TroubleKind.ACCESS_DENIED, TroubleKind.TOKEN_MISSING),
        *(TroubleKind.NAME_UNKNOWN, TroubleKind.CERTIFICATE_EXPIRED, TroubleKind.CERTIFICATE_UNTRUSTED),
        *(TroubleKind.FILES_EXHAUSTED, TroubleKind.CLOCK_WRONG, TroubleKind.OUT_OF_HEAP),
        *(
            TroubleKind.NO_SPACE,
            TroubleKind.READ_ONLY,
            TroubleKind.TOO_MANY_CLIENTS,
            TroubleKind.POOL_EXHAUSTED,
        ),
        *(TroubleKind.LOCK_WAITED, TroubleKind.SEQUENCE_EXHAUSTED, TroubleKind.RELATION_MISSING),
        *(TroubleKind.CONNECTION_REFUSED, TroubleKind.CONNECTION_LOST, TroubleKind.TIMED_OUT),
        *(TroubleKind.UPSTREAM_FAILED, TroubleKind.CIRCUIT_OPEN, TroubleKind.DEADLOCK),
        *(TroubleKind.PROTOCOL_UNLIKE, TroubleKind.WORKERS_BUSY, TroubleKind.SEALED),
        *(TroubleKind.NOBODY_CONSUMES, TroubleKind.NOT_THERE),
    }
)
"""Kinds in which a program that runs says that it cannot do what it is for."""


class NamedTrouble(Value):
    """What a line tells of."""

    kind: TroubleKind
    host: str = ""
    port: int | None = None
    account: str = ""
    relation: str = ""
    path: str = ""


HOST = re.compile(
    r"(?:://(?:[^/@\s]*@)?|lookup |ENOTFOUND |EAI_AGAIN |UnknownHostException: |translate host name [\"']|"
    r"connection to server at [\"']|host(?:name)?[\"']?[=:] ?[\"']?|dial tcp |connect(?:ing)? to |Host [\"']|"
    r"bad address [\"']|[Rr]esolve (?:host(?: address)?:? |server |address )?[\"']?|MySQL server (?:host |on )[\"']|"
    r"in upstream [\"']|to node -?\d+ \(|timed out: |tcp connect \()"
    r"(?P<host>[a-zA-Z0-9][-a-zA-Z0-9.]*[a-zA-Z0-9])(?::(?P<port>\d{2,5})(?!\d))?"
)
PORT = re.compile(r"[)\"'], port (?P<port>\d{2,5})|port[=:] ?(?P<other>\d{2,5})")
ACCOUNT = re.compile(r"(?:for user|role|User|for login) [\"']?(?P<account>[\w.:@-]+)")
RELATION = re.compile(r"(?:relation|[Tt]able|sequence) [\"'](?P<relation>[\w.]+)[\"']")
PATH = re.compile(r"(?P<path>(?<![\w:/])/(?:[\w.-]+/)*[\w.-]+)")


def trouble_pattern(*kinds: TroubleKind, more: str = "") -> re.Pattern[str]:
    """The words of these kinds together, for rules that ask for nothing else.

    Args:
        kinds: Whose words.
        more: Words beside them, as a regular expression.
    """
    words = [said for kind, said in _KINDS if kind in kinds]
    return re.compile("|".join([*words, *([more] if more else [])]), re.I)


@lru_cache(maxsize=16_384)
def trouble_kind(line: str) -> TroubleKind | None:
    """The first kind in whose words a line speaks; None when it speaks in no one's."""
    return next((kind for kind, words in _COMPILED if words.search(line)), None)


@lru_cache(maxsize=16_384)  # several rules ask of the same lines
def named_trouble(line: str) -> NamedTrouble | None:
    """The kind of trouble of a line with what it names, None when it tells of no known kind."""
    kind = trouble_kind(line)
    if kind is None:
        return None
    host, port = HOST.search(line), PORT.search(line)
    number = (host and host.group("port")) or (port and (port.group("port") or port.group("other")))
    return NamedTrouble(
        kind=kind,
        host=host.group("host") if host else "",
        port=int(number) if number else None,
        account=_group(ACCOUNT, line, "account"),
        relation=_group(RELATION, line, "relation"),
        path=_group(PATH, line, "path") if host is None else "",
    )


def _group(pattern: re.Pattern[str], line: str, name: str) -> str:
    found = pattern.search(line)
    return found.group(name) if found else ""
