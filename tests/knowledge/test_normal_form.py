"""The one form in which values are compared."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.knowledge import normalise_path, normalise_user_agent, user_agent_expression
from hevesy.knowledge.normal_form import hash_type, infer_type, normalise_address, refang


def test_user_agent_is_the_same_from_iis_and_httpproxy() -> None:
    """IIS writes blanks as `+`, HttpProxy commas as blanks: both give one form."""
    iis = "Mozilla/5.0+(X11;+Linux+x86_64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/51.0"
    httpproxy = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML  like Gecko) Chrome/51.0"
    assert normalise_user_agent(iis) == normalise_user_agent(httpproxy)


def test_user_agent_with_a_plus_of_its_own_is_the_same_too() -> None:
    """`+http://` of a crawler is `++http://` in IIS and `+http://` in HttpProxy."""
    iis = "Mozilla/5.0+(compatible;+Googlebot/2.1;++http://www.google.com/bot.html)"
    httpproxy = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    assert normalise_user_agent(iis) == normalise_user_agent(httpproxy)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))))
def test_user_agent_expression_is_its_twin(texts: list[str]) -> None:
    """A column and a value are normalised alike, or a comparison would miss."""
    frame = pl.DataFrame({"agent": texts}, schema={"agent": pl.String()})
    column = frame.select(user_agent_expression(pl.col("agent")))["agent"].to_list()
    assert column == [normalise_user_agent(text) for text in texts]


@given(st.text())
def test_user_agent_form_is_stable(text: str) -> None:
    """What is in the form stays as it is."""
    once = normalise_user_agent(text)
    assert normalise_user_agent(once) == once


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r"C:\Inetpub\WWWRoot\a.ASPX", r"c:\inetpub\wwwroot\a.aspx"),
        ("C:/inetpub//wwwroot/a.aspx", r"c:\inetpub\wwwroot\a.aspx"),
        (r'"\\127.0.0.1\c$\a.aspx"', r"\\127.0.0.1\c$\a.aspx"),
    ],
)
def test_path_is_lower_case_with_single_backslashes(text: str, path: str) -> None:
    """NTFS does not tell case apart, and feeds write paths in many ways."""
    assert normalise_path(text) == path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("fe80::1%3", "fe80::1"),
    ],
)
def test_address_is_canonical(text: str, address: str) -> None:
    """One IPv6 address has many spellings."""
    assert normalise_address(text) == address


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("34.90.207[.]23", "34.90.207.23"),
        ("hxxps://a[.]example[.]org/p", "https://a.example.org/p"),
        ("hxxp[:]//a(.)example.org", "http://a.example.org"),
        ("a[@]example[dot]org", "a@example.org"),
        (r"C:\a[.]b", r"C:\a.b"),
    ],
)
def test_defanged_values_are_read(text: str, plain: str) -> None:
    """Reports defang values so that nobody clicks them; a comparison needs them whole."""
    assert refang(text) == plain


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0" * 32, "md5"), ("a" * 40, "sha1"), ("F" * 64, "sha256"), ("192.0.2.7", "ip"),
        ("2001:db8::7", "ip"), ("https://a.example.org/x", "url"), (r"C:\a.exe", "file_path"),
        (r"%WINDIR%\temp\a", "file_path"), ("a@example.org", "email"), ("/ecp/x.js", "uri_stem"),
        ("a.example.org", "domain"), ("nothing in particular", None), ("0" * 33, None),
    ],
)  # fmt: skip
def test_type_is_told_from_the_form(text: str, kind: str | None) -> None:
    """Lists hold values without a type."""
    assert infer_type(text) == kind


def test_hash_must_be_hexadecimal() -> None:
    """A word of 32 letters is no hash."""
    assert hash_type("z" * 32) is None
