"""Secrets in every shape that was found in the wild, each in an object, a sentence or a line of a log."""

from typing import Any, NamedTuple

SECRET = "Zq7hunter22Xw9"
"""The value that must be seen nowhere."""

NAMES = (
    *(
        "ENCRYPTION_KEY",
        "JWT_KEY",
        "SIGNING_KEY",
        "SESSION_KEY",
        "REDIS_AUTH",
        "spring.redis.auth",
        "DB_PASSWORD",
        "DB_PASS",
        "PGPASSWORD",
    ),
    *(
        "API_KEY",
        "apiKey",
        "SECRET_KEY_BASE",
        "AUTH_TOKEN",
        "github-token",
        "clientSecret",
        "MYSQL_PWD",
        "APP_KEY",
    ),
    *(
        "STRIPE_KEY",
        "WEBHOOK_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "STORAGE_ACCOUNT_KEY",
        "GCP_CREDENTIALS",
        "passphrase",
    ),
)
"""Names of settings."""

TEXTS = {
    "postgres": f"postgres://shop:{SECRET}@db:5432/shop",
    "amqp": f"amqp://shop:{SECRET}@queue:5672/",
    "redis": f"redis://:{SECRET}@cache:6379/0",
    "mongo": f"mongodb+srv://shop:{SECRET}@db.example.com/shop?retryWrites=true",
    "https": f"https://shop:{SECRET}@registry.example.com/v2/",
    "jdbc": f"jdbc:mysql://db/shop?user=shop&password={SECRET}&useSSL=false",
    "libpq": f"host=db user=shop password={SECRET} dbname=shop",
    "go": f"shop:{SECRET}@tcp(db:3306)/shop",
    "ado": f"Server=db;Database=shop;User Id=shop;Password={SECRET};",
    "sentry": f"https://{SECRET}@o1.ingest.sentry.io/5",
    "bearer": f"Authorization: Bearer {SECRET}",
    "basic": f"Authorization: Basic {SECRET}",
    "proxy": f'proxy_set_header Authorization "Bearer {SECRET}";',
    "requirepass": f"redis-server --requirepass {SECRET}",
    "requirepass=": f"redis-server --requirepass={SECRET}",
    "redis.conf": f"bind 0.0.0.0\nrequirepass {SECRET}\n",
    "--password": f"tool --user shop --password {SECRET} run",
    "mysql -p": f"mysqldump -uroot -p{SECRET} shop",
    "redis-cli -a": f"redis-cli -h cache -a {SECRET} ping",
    "mongo -p": f"mongosh -u root -p {SECRET} shop",
    "curl -u": f"curl -u shop:{SECRET} https://example.com",
    "pem": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJ{SECRET}.{SECRET}",
    "github": f"ghp_{SECRET}{SECRET}",
    "github fine": f"github_pat_{SECRET}{SECRET}",
    "gitlab": f"glpat-{SECRET}{SECRET}",
    "slack": f"xoxb-123-{SECRET}",
    "stripe": f"sk_live_{SECRET}{SECRET}",
    "slack hook": f"https://hooks.slack.com/services/T0/B0/{SECRET}{SECRET}",
    "signed link": f"https://store.example.com/a?se=2030&sig={SECRET}",
    "json": f'{{"user": "shop", "password": "{SECRET}"}}',
    "json in json": rf"{{\"password\":\"{SECRET}\"}}",
    "properties": f"spring.datasource.password={SECRET}",
    "yaml": f"database:\n  password: {SECRET}\n  port: 5432",
    "docker": f'{{"auths":{{"r.example.com":{{"auth":"{SECRET}"}}}}}}',
    "redis users": f"user shop on >{SECRET} ~shop:* +@all",
    "redis setuser": f"ACL SETUSER shop on >{SECRET} allkeys +@read",
    "redis two": f"user shop on >a-first-one >{SECRET} ~* +@all",
    "pgpass": f"db.shop.svc:5432:shop:shop:{SECRET}",
    "pgpass any": f"*:*:*:shop:{SECRET}",
    "htpasswd": f"shop:$apr1$9Cv/OMGj${SECRET}",
    "bcrypt": f"shop:$2y$05${SECRET}{SECRET}",
    "ldap": f"userPassword:: {{SSHA}}{SECRET}{SECRET}",
    "scram": f"SCRAM-SHA-256$4096:c2FsdA==${SECRET}:{SECRET}",
    "env in json": f'{{"env":[{{"name":"JWT_KEY","value":"{SECRET}"}}]}}',
    "env in yaml": f"env:\n- name: JWT_KEY\n  value: {SECRET}\n",
    **{f"{name}=": f"{name}={SECRET} started" for name in NAMES},
    **{f"{name}:": f'"{name}": "{SECRET}"' for name in NAMES},
}
"""Sentences, settings and lines that hold the secret by themselves."""

INNOCENT_TEXTS = (
    *(
        "KEY_COUNT=5",
        "TOKEN_TTL=300",
        "PASSWORD_FILE=/run/secrets/db",
        "SORT_KEY=created_at",
        "CACHE_KEY=user:1",
    ),
    *(
        "AUTH_URL=http://auth:3001",
        "UPSTREAM_AUTH=http://auth:3001",
        "secretName: database",
        "MAX_TOKENS=4096",
    ),
    *("PASSWORD_MIN_LENGTH=12", "TOKENIZER=bpe-large", "BYPASS_CACHE=eventually", "PASSTHROUGH=everything"),
    *(
        "TOKEN_ISSUER=accounts",
        "SECRET_NAME=database",
        "see https://example.com/a?b=c#d",
        "partition key: shop_id",
    ),
    *("http://shop:8080/health", "postgres://db:5432/shop", "user@example.com", "secret/database in shop"),
    *(
        "password authentication failed for user shop",
        "token expired",
        "ENABLE_AUTH=true",
        "tokens:8080 refused",
    ),
    *(
        "secret:\n  secretName: database",
        "serviceAccountToken:\n  expirationSeconds: 3607",
        "COMPASS=north-west",
    ),
    *("PASSWORD: (hidden)", "token: [redacted]", "--requirepass $(REDIS_PASSWORD)", "TOKEN_TIMEOUT=30s"),
    *(
        "12:30:45:auth:started",
        "2030-01-01T12:00:00 web:8080:shop:ready",
        "user shop wrote >3 orders",
        "sh -c 'serve 2>/dev/null'",
        "price: $5$ off, $HOME and $(NAME)",
        "level=info user=shop rows>100",
    ),
    *("KEYCLOAK_HOST=keycloak", "PRIMARY_KEY=id", "AUTH_MODE=strict-mode", "PASSWORD_POLICY=strong-ones"),
)
"""What a responder must be able to read."""


class Holder(NamedTuple):
    """An object that holds the secret, and where."""

    manifest: dict[str, Any]
    pointer: str


def _pod(container: dict[str, Any]) -> dict[str, Any]:
    spec = {"containers": [{"name": "app", "image": "a:1", **container}]}
    meta = {"name": "auth", "namespace": "shop", "uid": "u"}
    return {"kind": "Deployment", "metadata": meta, "spec": {"replicas": 1, "template": {"spec": spec}}}


def _config(key: str, text: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {key: text}}


APP = "/spec/template/spec/containers/0"


def holders(secret: str = SECRET) -> dict[str, Holder]:
    """Every object of the table; with another secret in it when one is given."""
    found = {
        f"env {name}": Holder(_pod({"env": [{"name": name, "value": secret}]}), f"{APP}/env/0/value")
        for name in NAMES
    }
    found |= {f"data {name}": Holder(_config(name, secret), f"/data/{name}") for name in NAMES}
    for name, text in TEXTS.items():
        said = text.replace(SECRET, secret)
        found[f"env text {name}"] = Holder(
            _pod({"env": [{"name": "A", "value": said}]}), f"{APP}/env/0/value"
        )
        found[f"data text {name}"] = Holder(_config("app.conf", said), "/data/app.conf")
        noted = _pod({})
        noted["metadata"]["annotations"] = {"shop/note": said}
        found[f"annotation {name}"] = Holder(noted, "/metadata/annotations/shop~1note")
    for flag in ("--requirepass", "--password", "--api-token", "--masterauth"):
        found[f"args {flag}"] = Holder(_pod({"args": ["run", flag, secret, "--port=80"]}), f"{APP}/args/2")
        found[f"args {flag}="] = Holder(_pod({"args": ["run", f"{flag}={secret}"]}), f"{APP}/args/1")
    found["mysql"] = Holder(_pod({"command": ["mysql", "-uroot", f"-p{secret}"]}), f"{APP}/command/2")
    found["redis-cli"] = Holder(_pod({"command": ["redis-cli", "-a", secret, "ping"]}), f"{APP}/command/2")
    found["mongo"] = Holder(_pod({"command": ["mongosh", "-u", "root", "-p", secret]}), f"{APP}/command/4")
    meta = {"name": "s", "namespace": "shop"}
    found["Secret"] = Holder({"kind": "Secret", "metadata": meta, "data": {"a": secret}}, "/data/a")
    found["Secret text"] = Holder(
        {"kind": "Secret", "metadata": meta, "stringData": {"a": secret}}, "/stringData/a"
    )
    applied = (
        f'{{"spec":{{"env":[{{"name":"JWT_KEY","value":"{secret}"}}],"args":["--password","{secret}"]}}}}'
    )
    last = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    noted = {"kind": "ConfigMap", "metadata": {**meta, "annotations": last}}
    found["last applied"] = Holder(
        noted, "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"
    )
    return found
