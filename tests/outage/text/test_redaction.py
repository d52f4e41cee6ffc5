import json
import re
import time
from typing import Any

import pytest

from outage.text.redaction import hide_in_manifest, hide_secret, redact, salted_hash


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('password authentication failed for user "shop"', id="a database's complaint"),
        pytest.param("couldn't find key password in Secret shop/database", id="the kubelet's complaint"),
        pytest.param("token expired, log in again", id="a word is not a value"),
        pytest.param("secret:8080 refused", id="a host and a port"),
        pytest.param("dial tcp 10.0.0.1:5432: connect: connection refused", id="an address"),
        pytest.param("password: authentication failed", id="a sentence after a colon"),
    ],
)
def test_a_line_without_a_secret_stays_as_it_is(text: str) -> None:
    """Diagnosis lives from these words."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param("DB_PASSWORD=hunter22 started", "hunter22", id="a setting"),
        pytest.param('{"user": "a", "password": "hunter22"}', "hunter22", id="JSON"),
        pytest.param("postgres://shop:hunter22@db:5432/shop", "hunter22", id="a URL"),
        pytest.param("redis://:hunter22@cache:6379", "hunter22", id="a URL without a user"),
        pytest.param("Authorization: Bearer abc.def-ghi", "abc.def-ghi", id="a header"),
        pytest.param("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "eyJzdWIiOiIxMjM0In0", id="a JWT"),
        pytest.param("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE", id="a cloud key"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "MIIE", id="a key"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nMIIE", "MIIE", id="a key whose end was cut off"),
        pytest.param("api-key='s3cr3t value'", "s3cr3t value", id="in quotes"),
        pytest.param('{"password":12345678}', "12345678", id="a number in JSON"),
        pytest.param(r"{\"password\":\"hunter22\"}", "hunter22", id="JSON in JSON"),
        pytest.param("postgres://shop:p@hunter22@db:5432", "hunter22", id="a URL whose password has an @"),
        pytest.param("redis-server --requirepass hunter22", "hunter22", id="a command line"),
        pytest.param("mysqldump -uroot -phunter22 shop", "hunter22", id="mysql's glued flag"),
        pytest.param('proxy_set_header Authorization "Bearer hunter22"', "hunter22", id="a proxy's header"),
    ],
)
def test_a_secret_does_not_survive(text: str, secret: str) -> None:
    """Nothing that opens something may reach a report."""
    assert secret not in redact(text)


def test_a_secret_object_keeps_its_keys_and_loses_its_values() -> None:
    """Which keys there are decides many an outage; what they hold is nobody's business."""
    secret = {
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter22"},
        },
        "data": {"password": "aHVudGVyMjI="},
        "stringData": {"user": "shop"},
    }

    shown = hide_secret(secret, "salt")

    assert "aHVudGVyMjI=" not in str(shown)
    assert "hunter22" not in str(shown)
    assert shown["data"] == {"password": salted_hash("aHVudGVyMjI=", "salt")}
    assert secret["data"] == {"password": "aHVudGVyMjI="}, "the original is left alone"


def test_equal_values_have_equal_hashes_and_another_salt_another_hash() -> None:
    """So that a changed password shows, and a bundle of somebody else's cannot be compared with ours."""
    assert salted_hash("a", "salt") == salted_hash("a", "salt")
    assert salted_hash("a", "salt") != salted_hash("b", "salt")
    assert salted_hash("a", "salt") != salted_hash("a", "other")


APPLIED = '{"env":[{"name":"DB_PASSWORD","value":"hunter22"}]}'


def test_what_leaves_the_machine_has_no_secret_in_plain_fields() -> None:
    """People write passwords into env values, arguments and annotations."""
    manifest = {
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": APPLIED}},
        "spec": {
            "args": ["--api-token=hunter22", "--port=80"],
            "env": [
                {"name": "DB_PASSWORD", "value": "hunter22"},
                {"name": "URL", "value": "postgres://shop:hunter22@db:5432/shop"},
                {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                {"name": "PASSWORD_FILE", "value": "/run/secrets/db"},
            ],
            "volumes": [{"secret": {"secretName": "db"}}],
        },
    }

    shown = hide_in_manifest(manifest, "salt")

    assert "hunter22" not in str(shown)
    assert shown["spec"]["env"][2:] == manifest["spec"]["env"][2:]  # type: ignore[index]
    assert shown["spec"]["volumes"] == [{"secret": {"secretName": "db"}}]
    assert shown["spec"]["args"][1] == "--port=80"
    assert hide_in_manifest(shown, "salt") == shown, "once hidden it stays as it is"


def config(text: str) -> dict[str, Any]:
    """A ConfigMap with this text in it."""
    return {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"app.conf": text}}


def env(name: str, value: str) -> dict[str, Any]:
    """A container with one variable."""
    return {"containers": [{"name": "app", "env": [{"name": name, "value": value}]}]}


def run(*words: str, command: tuple[str, ...] = ()) -> dict[str, Any]:
    """A container that is started like that."""
    return {"containers": [{"name": "app", "command": list(command), "args": list(words)}]}


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(run("--requirepass", "hunter22"), id="redis' flag"),
        pytest.param(run("--password", "hunter22"), id="a flag and its value"),
        pytest.param(run("-uroot", "-phunter22", command=("mysql",)), id="mysql's glued flag"),
        pytest.param(run("-c", "mysql -uroot -phunter22 shop"), id="mysql in a shell"),
        pytest.param(run("-c", "exec redis-server --requirepass hunter22 --save ''"), id="redis in a shell"),
        pytest.param(run("-a", "hunter22", "ping", command=("redis-cli",)), id="redis-cli"),
        pytest.param(run("-c", "redis-cli -a hunter22 ping"), id="redis-cli in a shell"),
        pytest.param(run("-c", "psql --password hunter22"), id="a flag in a shell"),
        pytest.param(config("bind 0.0.0.0\nrequirepass hunter22\n"), id="redis.conf"),
        pytest.param(config('{"user":"a","password":2211334455}'), id="a number in JSON"),
        pytest.param(config('{"user":"a","password":"hunter22"}'), id="a text in JSON"),
        pytest.param(config('proxy_set_header Authorization "Bearer hunter22";'), id="nginx"),
        pytest.param(config("Authorization: Basic hunter22"), id="a header"),
        pytest.param(env("REDIS_AUTH", "hunter22"), id="an auth variable"),
        pytest.param(env("ENCRYPTION_KEY", "hunter22"), id="an encryption key"),
        pytest.param(env("SIGNING_KEY", "hunter22"), id="a signing key"),
        pytest.param(env("SENTRY_DSN", "https://hunter22@o1.ingest.sentry.io/5"), id="Sentry's DSN"),
        pytest.param(env("DSN", "shop:hunter22@tcp(db:3306)/shop"), id="Go's DSN"),
        pytest.param(
            env("DATABASE_URL", "postgres://shop:p@hunter22@db:5432/shop"), id="a password with an @"
        ),
        pytest.param({"httpHeaders": [{"name": "Authorization", "value": "Bearer hunter22"}]}, id="a probe"),
        pytest.param(
            {"metadata": {"annotations": {"x/last-applied-configuration": '{"password":2211334455}'}}},
            id="a number that was applied",
        ),
    ],
)
def test_no_plain_field_leaks_a_secret(manifest: dict[str, Any]) -> None:
    """Each of these was found in a bundle."""
    shown = hide_in_manifest(manifest, "salt")

    assert not [word for word in ("hunter22", "2211334455") if word in str(shown)]
    assert "hash:" in str(shown), "a hash still tells whether two are the same"
    assert hide_in_manifest(shown, "salt") == shown, "once hidden it stays as it is"


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(env("AUTH_URL", "http://auth:3001"), id="an address"),
        pytest.param(env("UPSTREAM_AUTH", "http://auth:3001"), id="an address under a name like a secret's"),
        pytest.param(env("TOKEN_SERVICE", "tokens:8080"), id="a host and a port under such a name"),
        pytest.param(env("ENABLE_AUTH", "true"), id="a switch"),
        pytest.param(run("--requirepass", "$(REDIS_PASSWORD)"), id="a variable's name"),
        pytest.param(run("--token-file", "/run/token", "-p", "8080"), id="a file and a port"),
        pytest.param(run("--authorization-mode=Node,RBAC"), id="a mode"),
        pytest.param(config("secret:8080 auth_basic off; cookie: lax"), id="a proxy's settings"),
        pytest.param(config("security:\n  authorization: enabled"), id="authorization that is switched on"),
        pytest.param(config("proxy_set_header Authorization $http_authorization;"), id="a header passed on"),
        pytest.param(config("http://me:80/?mail=a"), id="a query"),
        pytest.param({"serviceAccountToken": {"expirationSeconds": 3607}}, id="a token's time"),
        pytest.param({"tokenExpirationSeconds": 3607}, id="the same under another name"),
        pytest.param({"automountServiceAccountToken": False}, id="a token's mount"),
    ],
)
def test_what_diagnosis_needs_stays_as_it_is(manifest: dict[str, Any]) -> None:
    """Addresses, ports, switches and names lead to the cause."""
    assert hide_in_manifest(manifest, "salt") == manifest


def test_json_stays_json_and_an_address_stays_an_address() -> None:
    """They are read again from the bundle."""
    text = hide_in_manifest('{"password":12345678,"token":"hunter22"}', "salt")

    assert set(json.loads(text)) == {"password", "token"}
    shown = hide_in_manifest("postgres://shop:p@ss@db:5432/shop", "salt")
    assert re.fullmatch(r"postgres://shop:hash:[0-9a-f]{16}@db:5432/shop", shown)


def test_equal_secrets_stay_equal_and_changed_ones_differ() -> None:
    """Also keys and certificates: a bundle of a changed one must not look unchanged."""
    pem = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----"

    one, same, other = (hide_in_manifest(config(pem.format(at)), "salt") for at in "aab")

    assert one == same != other


@pytest.mark.parametrize("word", ["--token", "mysql ", "password", "a://", "curl ", "authorization "])
def test_a_long_line_of_telling_words_takes_no_time(word: str) -> None:
    """A log can hold anything, and an investigation has 45 seconds."""
    began = time.monotonic()

    redact(word * 5_000)

    assert time.monotonic() - began < 5
