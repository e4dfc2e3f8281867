"""The table of IIS web server logs; Sigma's `category: webserver`."""

from __future__ import annotations

import polars as pl

from hevesy.tables.table import Column, LogSource, Table

__all__ = ["EXCHANGE_STEMS", "IIS"]

EXCHANGE_STEMS = (
    r"(?i)^/(owa/auth|ecp/|ews/exchange\.asmx|mapi/emsmdb|microsoft-server-activesync|oab/)"
)
"""What the front end of Exchange answers below, and nothing else on a Windows server does."""

_TEXT = pl.String()
_NUMBER = pl.Int64()

_URI = ("cs-uri-stem", "'?'", "cs-uri-query")
"""SigmaHQ's web rules look for the path in `cs-uri-query` (`/owa/auth/Current/themes/...`)."""

IIS = Table(
    name="iis",
    title="IIS web server log",
    columns=(
        Column("s-sitename", _TEXT, "site: `W3SVC1` is the front end, `W3SVC2` Exchange Back End"),
        Column("s-computername", _TEXT, "name of the server"),
        Column("s-ip", _TEXT, "address that was asked"),
        Column("cs-method", _TEXT, "method: `GET`, `POST`"),
        Column("cs-uri-stem", _TEXT, "path that was asked for", "page"),
        Column("cs-uri-query", _TEXT, "query, with what Exchange adds (`&cafeReqId=`)"),
        Column("s-port", _NUMBER, "port: 443 front end, 444 Exchange Back End"),
        Column("cs-username", _TEXT, "user who was authenticated", "account"),
        Column(
            "c-ip", _TEXT, "address that asked; of a load balancer where one stands before", "ip"
        ),
        Column("cs-version", _TEXT, "protocol: `HTTP/1.1`"),
        Column("cs(User-Agent)", _TEXT, "browser as logged, blanks as `+`"),
        Column("cs(Cookie)", _TEXT, "cookies"),
        Column("cs(Referer)", _TEXT, "page that linked here"),
        Column("cs-host", _TEXT, "host name that was asked for"),
        Column("sc-status", _NUMBER, "status of the answer"),
        Column("sc-substatus", _NUMBER, "IIS's detail of the status"),
        Column("sc-win32-status", _NUMBER, "Windows error; larger than 32 bits in some logs"),
        Column("sc-bytes", _NUMBER, "bytes of the answer"),
        Column("cs-bytes", _NUMBER, "bytes of the request"),
        Column("time-taken", _NUMBER, "milliseconds"),
        Column("X-Forwarded-For", _TEXT, "addresses that a load balancer passes on", "ip"),
        Column("cafeReqId", _TEXT, "request id in the query: HttpProxy's `RequestId`", "request"),
        Column("userAgent", _TEXT, "`cs(User-Agent)` with blanks for `+`, as rules write it"),
    ),
    logsources=(
        LogSource(category="webserver"),
        LogSource(product="windows", category="webserver"),
        LogSource(product="iis", category="webserver"),
        LogSource(category="webserver", service="iis"),
        LogSource(product="iis"),
        LogSource(product="windows", service="iis"),
        LogSource(service="iis"),
    ),
    fields=(
        ("cs-uri-query", _URI),
        ("cs-uri", _URI),
        ("c-uri", _URI),
        ("c-uri-query", "cs-uri-query"),
        ("c-uri-stem", "cs-uri-stem"),
        ("c-useragent", "userAgent"),
        ("cs-user-agent", "userAgent"),
        ("cs-referer", "cs(Referer)"),
        ("cs-referrer", "cs(Referer)"),
        ("cs-cookie", "cs(Cookie)"),
        ("src_ip", "c-ip"),
        ("dst_ip", "s-ip"),
        ("dst_port", "s-port"),
    ),
)
