"""One vocabulary for all languages and stores: how clients, servers and kernels really say each kind of trouble."""

import pytest

from outage.text.logs.trouble_kinds import TroubleKind, trouble_kind
from outage.text.logs.trouble_lines import begins_entry
from outage.text.logs.trouble_words import _BEGINNING, _WORDS, complaint, trouble_word

SAID: dict[TroubleKind, tuple[str, ...]] = {
    TroubleKind.PROTOCOL_UNLIKE: (
        'Put "https://store:9000/a": http: server gave HTTP response to HTTPS client',
        "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking",
        "TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end failed",
        "tls: first record does not look like a TLS handshake",
        'desc = "error reading server preface: http2: frame too large, note that the frame header looked like"',
        "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message",
        "io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 485454502f312e31",
        'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01"',
        "Error: write EPROTO 139:error:0A00010B:SSL routines:ssl3_get_record:wrong version number",
        "400 The plain HTTP request was sent to HTTPS port, error",
        "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
    ),
    TroubleKind.WORKERS_BUSY: (
        "[2024-01-09 13:24:39 +0000] [1637] [CRITICAL] WORKER TIMEOUT (pid:7214)",
        "WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
        "WARNING: [pool www] server reached max_children setting (8), consider raising it",
        "*** HARAKIRI ON WORKER 3 (pid: 19, try: 1) ***",
        "[mpm_event:error] AH00484: server reached MaxRequestWorkers setting, consider raising",
        "[alert] 7#7: 1024 worker_connections are not enough (error)",
        "java.util.concurrent.RejectedExecutionException: Task rejected from java.util.concurrent.ThreadPool",
        "[1] ! Terminating timed out worker (Worker 0 failed to check in within 60 seconds): 17",
    ),
    TroubleKind.REPLICATION_STOPPED: (
        "[ERROR] [Repl] Error running query, replica SQL thread aborted. Fix the problem, and restart",
        "[ERROR] Slave SQL for channel '': Could not execute Write_rows event on table shop.carts; error",
        "FATAL:  could not receive data: ERROR:  requested WAL segment 0000000100 has already been removed",
        'ERROR:  replication slot "standby_1" does not exist',
        "MASTER aborted replication with an error: NOMASTERLINK Can't SYNC while not connected",
        "We are too stale to catch up. entering maintenance mode WARN",
    ),
    TroubleKind.NOT_THERE: (
        "ERROR charge failed: 404 Not Found from POST http://billing:8080/v1/charges",
        "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: http://billing:8080/v1/charges",
        "ERROR call to http://billing:8080/v1/charges failed with status 404",
        "rpc error: code = Unimplemented desc = unknown service billing.v1.Charges",
        "ERROR http://billing.pay.svc.cluster.local:8080/v1/charges returned 404",
        'HttpClientErrorException$MethodNotAllowed: 405 Method Not Allowed on POST request for "http://billing/v1"',
    ),
    TroubleKind.SEALED: ("Code: 503. Errors:\n\n* Vault is sealed", "core: vault is sealed WARN"),
    TroubleKind.NOBODY_CONSUMES: (
        'WARN queue "label-print" has 4211 messages ready and 0 consumers',
        "warning: no consumers for queue mail",
        "ERROR queue=mail messages=912 consumers=0",
    ),
    TroubleKind.CREDENTIAL_REFUSED: (
        "MongoServerError: Authentication failed.",
        "pymongo.errors.OperationFailure: Authentication failed., full error: {'ok': 0.0, 'code': 18,",
        "MongoServerError: bad auth : authentication failed",
        "error: ORA-01017: invalid username/password; logon denied",
        "Microsoft.Data.SqlClient.SqlException (0x80131904): Login failed for user 'svc'.",
        'Exception (403) Reason: "username or password not allowed"',
        "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker",
        "[error] <0.1.0> PLAIN login refused: user 'app' - invalid credentials",
        "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid username",
        "Error: Invalid login: 535 5.7.8 Error: authentication failed: generic failure",
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.')",
        "LDAP: error code 49 - Invalid Credentials",
        "botocore.exceptions.ClientError: An error occurred (InvalidAccessKeyId) when calling the",
        "SignatureDoesNotMatch: The request signature we calculated does not match the signature you",
        "nats: Authorization Violation",
        "DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such",
        "com.datastax.oss.driver.api.core.auth.AuthenticationException: Provided username app "
        "and/or password are incorrect",
        "'security_exception', 'unable to authenticate user [app] for REST request [/_bulk]')",
        'ERR failed to login error="oauth2: \\"invalid_client\\" \\"Client authentication failed\\""',
        "ReplyError: NOAUTH Authentication required.",
        "redis.exceptions.AuthenticationError: invalid password",
        "ERROR 1045 (28000): Access denied for user 'a'@'10.0.0.1' (using password: YES)",
        'connection to server at "db" (10.1.1.1), port 5432 failed: fe_sendauth: no password supplied',
        'FATAL: no pg_hba.conf entry for host "10.1.1.1", user "app", database "x", no encryption',
        "Connection Refused: bad user name or password",
    ),
    TroubleKind.ACCESS_DENIED: (
        "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics:",
        "org.apache.kafka.common.errors.GroupAuthorizationException: Not authorized to access group: g1",
        'MongoServerError: not authorized on shop to execute command { find: "orders" }',
        "NOPERM this user has no permissions to run the 'set' command",
        "SELECT command denied to user 'app'@'10.0.0.1' for table 'orders'",
        "ERROR: permission denied for table invoices",
        "ACCESS_REFUSED - access to queue 'jobs' in vhost '/' refused for user 'app'",
        "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
        "rpc error: code = PermissionDenied desc = caller does not have permission",
        "action [indices:data/write/bulk[s]] is unauthorized for user [app]",
        "googleapi: Error 403: Access denied., forbidden",
    ),
    TroubleKind.NAME_UNKNOWN: (
        "System.Net.Sockets.SocketException (11001): No such host is known.",
        "failed to lookup address information: Name or service not known",
        "dns error: failed to lookup address information: Try again",
        "php_network_getaddresses: getaddrinfo for mysql failed: Name or service not known",
        "SocketError: Failed to open TCP connection to api:80 (getaddrinfo: Name does not resolve)",
        "nc: bad address 'keycloak'",
        "wget: unable to resolve host address 'minio'",
        "curl: (6) Could not resolve host: minio",
        "** (Mint.TransportError) non-existing domain",
        "connect: ** (DBConnection.ConnectionError) tcp connect (db:5432): non-existing domain - :nxdomain",
        "WARN [Consumer] Couldn't resolve server kafka:9092 from bootstrap.servers as DNS resolution failed",
        "org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls given in",
        "rpc error: code = Unavailable desc = name resolver error: produced zero addresses",
        '[emerg] 1#1: host not found in upstream "web" in /etc/nginx/conf.d/a.conf:4',
        "[error] 31#31: *1 api.shop.svc.cluster.local could not be resolved (3: Host not found), client:",
        "requests.exceptions.ConnectionError: (Caused by NameResolutionError(\"Failed to resolve 'results'",
        "Caused by: java.net.UnknownHostException: search: Temporary failure in name resolution",
        "ERROR 2005 (HY000): Unknown MySQL server host 'mysqll' (-2)",
        "socket.gaierror: [Errno -5] No address associated with hostname",
        "[ALERT] (1) : config : [haproxy.main()] could not resolve address 'app'.",
        "io.netty.resolver.dns.DnsNameResolverTimeoutException: [/10.96.0.10:53] query timed out after 5000",
        "dial tcp: lookup cart on 10.96.0.10:53: server misbehaving",
        "dial tcp: lookup cart on 10.96.0.10:53: read udp 10.1.1.1:5->10.96.0.10:53: i/o timeout",
    ),
    TroubleKind.CONNECTION_REFUSED: (
        "ERROR 2003 (HY000): Can't connect to MySQL server on 'db' (111)",
        "Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2)",
        "SQLSTATE[HY000] [2002] Connection refused",
        "connect() failed (111: Connection refused) while connecting to upstream",
        "[error] tcp connect (db:5432): connection refused - :econnrefused",
        "to node -1 (kafka/10.96.1.2:9092) could not be established. Node may not be available. WARN",
        '"GET / HTTP/1.1" 503 UF,URX '
        "upstream_reset_before_response_started{remote_connection_failure,delayed_connect_error:_111} - 0 91 2",
        "reset reason: remote connection failure, transport failure reason: delayed connect error: 111",
        "System.Net.Http.HttpRequestException: Connection refused (quotes:80)",
        "redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.",
        "Errno::ECONNREFUSED: Failed to open TCP connection to api:3000 (Connection refused - connect(2) for",
        "RabbitMQ.Client.Exceptions.BrokerUnreachableException: None of the specified endpoints were reachable",
        "org.elasticsearch.client.transport.NoNodeAvailableException: None of the configured nodes are",
        "StackExchange.Redis.RedisConnectionException: It was not possible to connect to the redis",
        '[ALERT] Server app/app1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
    ),
    TroubleKind.CONNECTION_LOST: (
        "SQLSTATE[HY000]: General error: 2006 MySQL server has gone away",
        "sqlalchemy.exc.OperationalError: (2013, 'Lost connection to MySQL server during query')",
        "psycopg2.OperationalError: server closed the connection unexpectedly",
        "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
        "ERROR [org.hibernate] This connection has been closed.",
        "Error: connect EHOSTUNREACH 10.1.99.4:8080",
        "Stream connection lost: ConnectionResetError(104, 'Connection reset by peer')",
        "consumer: Connection to broker lost. Trying to re-establish the connection...",
        "FATAL: terminating connection due to administrator command",
    ),
    TroubleKind.NO_SPACE: (
        "flood stage disk watermark [95%] exceeded on [y][search-0][/data] free: 812mb[4.0%], all "
        "indices on this node will be marked read-only WARN",
        "usage exceeded flood-stage watermark, index has read-only-allow-delete block];')",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "ERROR 1114 (HY000): The table 'orders' is full",
        "[ERROR] InnoDB: Error number 28 means 'No space left on device'",
        "[Warning] Disk is full writing '/var/lib/mysql/binlog.000012' (Errcode: 28 - No space left on",
        "write /data/x: disk quota exceeded",
        'PANIC: could not write to file "pg_wal/xlogtemp.31": No space left on device',
        "[warning] <0.1.0> disk resource limit alarm set on node 'rabbit@bus-0'.",
        "System.IO.IOException: There is not enough space on the disk.",
        "MongoServerError: OutOfDiskSpace: cannot insert",
    ),
    TroubleKind.FILES_EXHAUSTED: (
        "http: Accept error: accept tcp [::]:7000: accept4: too many open files; retrying in 1s",
        "Error: EMFILE: too many open files, open '/app/a'",
        "java.net.SocketException: Too many open files",
        "OSError: [Errno 24] Too many open files: '/tmp/x'",
        "Error: ENOSPC: System limit for number of file watchers reached, watch '/app/src'",
        "The configured user limit (128) on the number of inotify instances has been reached, error",
        "fork/exec /bin/sh: resource temporarily unavailable",
        "java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or",
        "pthread_create failed (EAGAIN): Resource temporarily unavailable",
        "failed to create fsnotify watcher: too many open files",
    ),
    TroubleKind.TOO_MANY_CLIENTS: (
        "SQLSTATE[HY000] [1040] Too many connections",
        "User app already has more than 'max_user_connections' active connections",
        "ERR max number of clients reached",
        "FATAL: no more connections allowed (max_client_conn)",
        "connection refused because there are too many open connections: 819",
        'FATAL: too many connections for role "app"',
        "FATAL: sorry, too many clients already",
    ),
    TroubleKind.POOL_EXHAUSTED: (
        "HikariPool-1 - Connection is not available, request timed out after 30001ms (total=10, active=10,",
        "Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.",
        "The connection pool has been exhausted, either raise 'Max Pool Size' (currently 100) or 'Timeout'",
        "SequelizeConnectionAcquireTimeoutError [ResourceRequest timed out]: Operation timeout",
        "Timed out fetching a new connection from the connection pool. (Current connection pool timeout: 10,",
        "KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full.",
        "ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000",
        "com.alibaba.druid.pool.GetConnectionTimeoutException: wait millis 60000, active 20, maxActive 20",
        "redis: connection pool timeout",
        "Could not get a resource since the pool is exhausted",
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out,",
        "ERROR: query_wait_timeout",
        "MongoWaitQueueTimeoutError: Timed out while checking out a connection from connection pool",
        "org.apache.http.conn.ConnectionPoolTimeoutException: Timeout waiting for connection from pool",
    ),
    TroubleKind.READ_ONLY: (
        "READONLY You can't write against a read only replica.",
        "MongoServerError: not primary",
        "NotWritablePrimary: not master and slaveOk=false error",
        "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
        "OSError: [Errno 30] Read-only file system: '/app/cache'",
        "ERROR: cannot execute UPDATE in a read-only transaction",
    ),
    TroubleKind.OUT_OF_HEAP: (
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "java.lang.OutOfMemoryError: GC overhead limit exceeded",
        "java.lang.OutOfMemoryError: Metaspace",
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "fatal error: runtime: out of memory",
        "Unhandled exception. System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException'",
        "[FATAL] failed to allocate memory (NoMemoryError)",
        "[warning] <0.382.0> memory resource limit alarm set on node 'rabbit@bus-0'.",
        "publish not confirmed, connection blocked: low on memory ERROR",
        '{"type":"circuit_breaking_exception","reason":"[parent] Data too large, data for [<http_request>]',
    ),
    TroubleKind.CERTIFICATE_EXPIRED: (
        "x509: certificate has expired or is not yet valid: current time 2031-03-14T09:00:00Z is after",
        "javax.net.ssl.SSLHandshakeException: PKIX path validation failed:",
        "SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired)",
        "Error: certificate has expired code: 'CERT_HAS_EXPIRED'",
    ),
    TroubleKind.CERTIFICATE_UNTRUSTED: (
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification",
        "Error: self-signed certificate in certificate chain code: 'SELF_SIGNED_CERT_IN_CHAIN'",
        "AuthenticationException: The remote certificate is invalid because of errors in the certificate",
        "x509: certificate is valid for a.example, not b.example",
        "Hostname/IP does not match certificate's altnames: Host: bank. is not in the cert's altnames",
        "ssl.SSLCertVerificationError: certificate verify failed: Hostname mismatch, certificate is not",
        "remote error: tls: bad certificate",
        "SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca",
    ),
    TroubleKind.CLOCK_WRONG: (
        "token has invalid claims: token used before issued ERR",
        "api error RequestTimeTooSkewed: The difference between the request time and the current time is too",
        "jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)",
        "NotBeforeError: jwt not active",
        "KRB_AP_ERR_SKEW: Clock skew too great error",
        "com.auth0.jwt.exceptions.IncorrectClaimException: The Token can't be used before Fri Mar 14",
    ),
    TroubleKind.LOCK_WAITED: (
        "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Lock wait timeout exceeded; try",
    ),
    TroubleKind.DEADLOCK: ("Deadlock found when trying to get lock; try restarting transaction",),
    TroubleKind.RELATION_MISSING: (
        "SQLSTATE[42S02]: Base table or view not found: 1146 Table 'shop.carts' doesn't exist",
        'django.db.utils.ProgrammingError: relation "cart_item" does not exist',
        "Microsoft.Data.SqlClient.SqlException: Invalid object name 'dbo.Orders'.",
        "index_not_found_exception: no such index [products]",
        "UnknownTopicOrPartitionException: This server does not host this topic-partition.",
        "NOT_FOUND - no queue 'jobs' in vhost '/' error",
        "sqlite3.OperationalError: no such table: users",
        "column orders.total does not exist error",
        'FATAL: database "shop" does not exist',
        "ERROR 1049 (42000): Unknown database 'shop'",
    ),
    TroubleKind.RATE_LIMITED: (
        "botocore.exceptions.ClientError: ThrottlingException: Rate exceeded",
        "429 Too Many Requests",
    ),
    TroubleKind.TIMED_OUT: (
        "java.net.SocketTimeoutException: Read timed out",
        "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.",
        "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting",
        "org.apache.kafka.common.errors.TimeoutException: Topic orders not present in metadata after 60000",
        "upstream request timeout 504 UT",
    ),
    TroubleKind.PORT_IN_USE: (
        "Error: listen EADDRINUSE: address already in use :::9090",
        "Web server failed to start. Port 8080 was already in use.",
        "Failed to bind to address http://[::]:80: address already in use.",
    ),
    TroubleKind.TOKEN_MISSING: (
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must",
    ),
    TroubleKind.UPSTREAM_FAILED: (
        "HTTP 502 Bad Gateway from http://cart",
        '"GET /cart HTTP/1.1" 503 UH no_healthy_upstream - 0 19 0',
        '"GET /cart HTTP/1.1" 503 NC cluster_not_found - 0 0',
    ),
}
"""Lines as programs print them, or the part of a long one that tells."""
WELL = (
    "upstream cart is healthy",
    "database shop exists",
    "authentication succeeded for user app",
    "0 too many open files",
    "clock synchronized offset=0.001",
    "Connection is available",
    "pool size 10 active 3 idle 7",
    "loaded 50300 rows",
    "request id=53300 done",
    "rendered upstream.html in 4 ms",
    "took 503 ms",
    "user 28000 logged in",
    "index products created",
    "GET /status 200 504ms",
    "certificate renewed, NotAfter 2032-01-01",
    "order 57014 shipped",
    "port 8080 in use by this server",
    "sent 429 bytes",
)
CONTINUED = (
    "\tat com.acme.Layer.call(Layer.java:7)",
    "    at Object.<anonymous> (/app/config.js:20:15)",
    '  File "/app/worker.py", line 41, in run',
    "Caused by: java.net.ConnectException: Connection refused",
    "\t... 40 common frames omitted",
    "goroutine 1 [running]:",
    "\t/src/main.go:61 +0x1d",
    "  errno: -3008,",
    "}",
    "",
)


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in SAID.items() for line in lines])
def test_a_complaint_is_heard_and_is_of_its_kind_in_every_language(kind: TroubleKind, line: str) -> None:
    """Also where millions of lines are only skimmed."""
    assert complaint()(line)
    assert trouble_word()(line.encode())
    assert trouble_kind(line) is kind


@pytest.mark.parametrize("line", WELL)
def test_everyday_lines_with_the_same_words_are_no_complaints(line: str) -> None:
    """Numbers like error codes, dates of certificates, pools that have room."""
    assert not complaint()(line)


@pytest.mark.parametrize("line", CONTINUED)
def test_a_line_that_goes_on_with_the_one_before_begins_no_entry(line: str) -> None:
    """With the kubelet's stamp before it, and without."""
    assert not begins_entry(line)
    assert not begins_entry(f"2030-01-01T12:00:00.5Z {line}")
    assert begins_entry("2030-01-01T12:00:00.5Z ERROR could not connect")
    assert begins_entry("2030-01-01 12:00:00 INFO served")


def test_every_word_begins_with_letters_by_which_lines_are_skimmed() -> None:
    """One that does not would make reading millions of lines five times as slow."""
    assert all(_BEGINNING.match(one) for one in _WORDS)
