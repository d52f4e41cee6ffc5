import pytest

from outage.redaction import hashed, hide_in_manifest, hide_secret, redact


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
    assert shown["data"] == {"password": hashed("aHVudGVyMjI=", "salt")}
    assert secret["data"] == {"password": "aHVudGVyMjI="}, "the original is left alone"


def test_equal_values_have_equal_hashes_and_another_salt_another_hash() -> None:
    """So that a changed password shows, and a bundle of somebody else's cannot be compared with ours."""
    assert hashed("a", "salt") == hashed("a", "salt")
    assert hashed("a", "salt") != hashed("b", "salt")
    assert hashed("a", "salt") != hashed("a", "other")


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
