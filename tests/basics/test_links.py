"""Links that others wrote, as they are shown and opened."""

from __future__ import annotations

import pytest

from tgtui.basics.links import readable_host, shown_link, web_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://github.com/x/y#readme", "https://github.com/x/y#readme"),
        ("https://unpkg.com/@scope/name@1.0.0", "https://unpkg.com/@scope/name@1.0.0"),
        ("http://example.org:8080/?q=a@b", "http://example.org:8080/?q=a@b"),
        ("HTTPS://GitHub.COM/A", "https://github.com/A"),
        ("https://[::1]:8080/x", "https://[::1]:8080/x"),
        ("https://127.0.0.1/x", "https://127.0.0.1/x"),
        ("https://example.org./x", "https://example.org./x"),
        # whose user is not shown
        ("https://github.com@evil.example/x", "https://evil.example/x"),
        ("https://user:secret@evil.example/x", "https://evil.example/x"),
        ("https://github.com%2f@evil.example/", "https://evil.example/"),
        ("https://a@b@evil.example/", "https://evil.example/"),
        ("https://@evil.example/", "https://evil.example/"),
        # that look like another name
        ("https://g\u0456thub.com/", "https://xn--gthub-n2e.com/"),
        ("https://xn--gthub-n2e.com/", "https://xn--gthub-n2e.com/"),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com/", "https://xn--80ak6aa92e.com/"),
        ("https://github.com.\u0435vil.example/", "https://github.com.xn--vil-qdd.example/"),
        ("https://\u0261ithub.com/", "https://xn--ithub-qmc.com/"),
        ("https://gith\u0131b.com/", "https://xn--githb-q4a.com/"),
        ("https://\u0585rg.example/", "https://xn--rg-ffd.example/"),
        # that browsers read as another
        ("https://\uff47ithub.com/", "https://github.com/"),
        ("https://GITHUB\u3002com/", "https://github.com/"),
        # in a script of their own
        ("https://m\u00fcller.de/", "https://m\u00fcller.de/"),
        ("https://xn--mller-kva.de/", "https://m\u00fcller.de/"),
        (
            "https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/",
            "https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/",
        ),
        ("https://\u4f8b\u3048.jp/", "https://\u4f8b\u3048.jp/"),
    ],
)
def test_a_web_address_shows_where_it_leads(text: str, shown: str) -> None:
    assert web_address(text) == shown
    assert shown_link(text) == shown
    assert web_address(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "//evil.example/", "https:///x", "https:evil.example", "https://"),
        *("javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "mailto:a@b.example"),
        "https://good.example\\@evil.example/",
        "https://good.example\\.evil.example/",
        "https://exa%6dple.com/",
        "https://exa mple.com/",
        "https://example.com/\u202egpj.exe",
        "https://example.com/\x1b[31m",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://good.example\uff0f@evil.example/",
        "https://[::1/",
        "https://-.example/".replace("-", "\u200b"),
        "https://" + "x" * 400 + ".example/",
    ],
)
def test_what_is_no_web_address_is_not_opened(text: str) -> None:
    assert web_address(text) is None
    shown = shown_link(text)
    assert shown.isprintable()
    assert "@evil" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("git://me:secret@example.org/x.git", "git://example.org/x.git"),
        ("ssh://git@g\u0456thub.com/x", "ssh://xn--gthub-n2e.com/x"),
        ("see the README", "see the README"),
        ("git@github.com:x/y", "git@github.com:x/y"),
    ],
)
def test_other_links_are_shown_without_a_user(text: str, shown: str) -> None:
    assert shown_link(text) == shown


@pytest.mark.parametrize("host", ["", ".", "-", "a b", "a/b", "a\x00b", "\ud800", "xn--", "xn--a-"])
def test_a_host_is_one_or_empty(host: str) -> None:
    assert readable_host(host) in {"", host}
