"""Secrets in texts that are shown."""

from __future__ import annotations

import pytest

from tgtui.basics.masking import masked, masked_database


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:se/cr?e#t@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:se@cret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://:secret@host/db", "postgresql://:***@host/db"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("postgresql:///db?host=/run&user=me", "postgresql:///db?host=/run&user=me"),
        (
            "postgresql:///db?user=me&p%61ssword=secret&sslkey=/k",
            "postgresql:///db?user=me&p%61ssword=***&sslkey=/k",
        ),
        ("postgresql://me@server:secret@host/db", "postgresql://me@server:***@host/db"),
        ("postgresql://me:se cr\net@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:se?a=b&c=cret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:secret", "postgresql://me:***"),
        ("postgresql://me:12secret?a=b", "postgresql://me:***"),
        ("postgresql://me:se/cret", "postgresql://me:***"),
        ("postgresql://me:a@b:secret", "postgresql://me:***@***"),
        ("postgresql://h1:1,h2:2/db", "postgresql://h1:1,h2:2/db"),
        (
            "postgresql://me:secret@h1:1,[::1]:2/db?port=3",
            "postgresql://me:***@h1:1,[::1]:2/db?port=3",
        ),
        ("postgresql:///db?password=se#c;r et&user=me", "postgresql:///db?password=***&user=me"),
        (
            "postgresql:///db?options=-c%20my.token%3Dsecret&user=me",
            "postgresql:///db?options=***&user=me",
        ),
        ("postgresql:/me:secret@host/db", "postgresql:***@host/db"),
        ("me:secret@host/db", "me:***@host/db"),
        ("postgresql://h/db?passwrod=secret", "postgresql://h/db?passwrod=***"),
        ("postgresql://h/db?secret", "postgresql://h/db?***"),
        ("host=h password=se cret user=me", "host=h password=*** *** user=me"),
        ("postgresql://password=secret", "postgresql://password=***"),
        ("host=h password=se://cret user=me", "host=h password=*** user=me"),
        ("host=h user=me password=secret", "host=h user=me password=***"),
        ("host=h password = 'se cr\\'et' user=me", "host=h password = *** user=me"),
        ("host=h sslpassword='secret", "host=h sslpassword=***"),
        ("sqlite:////home/a@b/c:d@e.sqlite3", "sqlite:////home/a@b/c:d@e.sqlite3"),
    ],
)
def test_a_url_of_a_database_keeps_the_user(text: str, shown: str) -> None:
    assert masked_database(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://token@host/", "https://***@host/"),
        ("https://me:secret@host:8080/a", "https://***@host:8080/a"),
        ("https://me:se/cret@host/a", "https://***@host/a"),
        ("https://me:se?cr@et@host/a", "https://***@host/a"),
        ("https://host/@scope/name", "https://host/@scope/name"),
        ("https://host:8080/@scope/name", "https://host:8080/@scope/name"),
        ("https://[::1]:8080/@scope", "https://[::1]:8080/@scope"),
        ("https://host/?a=b&access_token=secret#x", "https://host/?a=b&access_token=***#x"),
        ("https://host/?api-key=secret", "https://host/?api-key=***"),
        (
            "deb [signed-by=/key.gpg] https://a:secret@one/ x, deb https://b@two/ y",
            "deb [signed-by=/key.gpg] https://***@one/ x, deb https://***@two/ y",
        ),
        (
            "no service \"host=h password='a b\\\\'\"c' user=me\"",
            'no service "host=h password=*** user=me"',
        ),
        ('no mode "user=me password = a b c" here', 'no mode "user=me password = ***" here'),
        ("host=h sslpassword='a b", "host=h sslpassword=***"),
        ("postgresql:///db?password=a#b;c d&user=me", "postgresql:///db?password=***&user=me"),
        ('FATAL: password authentication failed for user "me"',) * 2,
        ("me@example.com", "me@example.com"),
        ("techgarden", "techgarden"),
    ],
)
def test_any_other_text(text: str, shown: str) -> None:
    assert masked(text) == shown
