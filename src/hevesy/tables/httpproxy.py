"""The table of Exchange HttpProxy logs, all protocols; `product: exchange, service: httpproxy`."""

from __future__ import annotations

import polars as pl

from hevesy.tables.table import Column, LogSource, Table

__all__ = ["HTTPPROXY"]

_TEXT = pl.String()
_NUMBER = pl.Int64()

HTTPPROXY = Table(
    name="httpproxy",
    title="Exchange HttpProxy log",
    columns=(
        Column("DateTime", _TEXT, "time as logged; `time` is the same, read"),
        Column("RequestId", _TEXT, "id of the request: `cafeReqId` in the IIS log", "request"),
        Column("MajorVersion", _NUMBER, "build of the server, first part"),
        Column("MinorVersion", _NUMBER, "build, second part"),
        Column("BuildVersion", _NUMBER, "build, third part"),
        Column("RevisionVersion", _NUMBER, "build, fourth part; 0 where only the CU is told"),
        Column("ClientRequestId", _TEXT, "id that the client gave"),
        Column("Protocol", _TEXT, "front-end protocol: `Owa`, `Ecp`, `Ews`, `Autodiscover`"),
        Column("UrlHost", _TEXT, "host name that was asked for"),
        Column("UrlStem", _TEXT, "path that was asked for", "page"),
        Column("ProtocolAction", _TEXT, "what the protocol was asked to do"),
        Column("AuthenticationType", _TEXT, "`FBA`, `Negotiate`, `Basic` ..."),
        Column("IsAuthenticated", _TEXT, "`true` or `false`"),
        Column("AuthenticatedUser", _TEXT, "user who was authenticated", "account"),
        Column("Organization", _TEXT, "organisation of the user"),
        Column("AnchorMailbox", _TEXT, "what the request was routed by; `ServerInfo~` shows SSRF"),
        Column("UserAgent", _TEXT, "browser as sent, commas as blanks"),
        Column("ClientIpAddress", _TEXT, "address that asked, or that of a load balancer", "ip"),
        Column("ServerHostName", _TEXT, "the server that wrote the row"),
        Column("HttpStatus", _NUMBER, "status that the client got"),
        Column("BackEndStatus", _NUMBER, "status that the back end gave"),
        Column("ErrorCode", _TEXT, "error of the proxy"),
        Column("Method", _TEXT, "method: `GET`, `POST`"),
        Column("ProxyAction", _TEXT, "what was done with the request: `Proxy`"),
        Column("TargetServer", _TEXT, "back end that it was sent to"),
        Column("TargetServerVersion", _TEXT, "build of the back end (CU)"),
        Column("RoutingType", _TEXT, "`IntraForest`, `CrossRegion` ..."),
        Column("RoutingHint", _TEXT, "what the target was chosen by"),
        Column("BackEndCookie", _TEXT, "cookie that named the back end; `X-AnonResource-Backend`"),
        Column("RequestBytes", _NUMBER, "bytes of the request"),
        Column("ResponseBytes", _NUMBER, "bytes of the answer"),
        Column("TotalRequestTime", _NUMBER, "milliseconds"),
        Column("UrlQuery", _TEXT, "query, with its `?`"),
        Column("BackEndGenericInfo", _TEXT, "notes of the back end"),
        Column("GenericInfo", _TEXT, "notes of the front end: `FEAuth=BEVersion-...`"),
        Column("GenericErrors", _TEXT, "errors in words"),
        Column("RoutingStatus", _TEXT, "router that answered"),
    ),
    logsources=(LogSource(product="exchange", service="httpproxy"),),
    fields=(
        ("cs-method", "Method"),
        ("cs-uri-stem", "UrlStem"),
        ("cs-uri-query", ("UrlStem", "UrlQuery")),
        ("c-uri", ("UrlStem", "UrlQuery")),
        ("cs-host", "UrlHost"),
        ("cs-user-agent", "UserAgent"),
        ("c-useragent", "UserAgent"),
        ("cs-username", "AuthenticatedUser"),
        ("c-ip", "ClientIpAddress"),
        ("src_ip", "ClientIpAddress"),
        ("sc-status", "HttpStatus"),
        ("BackendStatus", "BackEndStatus"),
    ),
)
