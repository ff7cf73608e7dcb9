"""What RFC 9110, RFC 9112 and their kin ask of an HTTP/1.1 intermediary, section by section: a line is a test.

Each line of a table says: the section, what must hold, the bytes that a client (or a backend) sends, and what is seen.
"""

import re
import tempfile
import unittest

from support.backend import RawBackend
from support.client import Client
from support.headgate import Headgate, config

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


# ---- what is seen of a request

class Refused:
    """An error of Headgate's own; no backend hears of the request and the connection ends."""

    def __init__(self, status):
        self.status = status


class Passed:
    """The backend gets exactly this request; `lacks` names fields that it must not have. The client gets the answer."""

    def __init__(self, line, body=b"", trailers=(), lacks=(), closes=False, **fields):
        self.line, self.body, self.trailers, self.lacks, self.closes, self.fields = line, body, list(trailers), lacks, closes, fields


class Answered:
    """Headgate answers by itself, and the connection goes on."""

    def __init__(self, status, **fields):
        self.status, self.fields = status, fields


def get(*lines, first="GET / HTTP/1.1", host="Host: a"):
    return "".join(line + "\r\n" for line in (first, host, *lines, "") if line is not None).encode("latin-1")


def post(*lines, body=b""):
    return get(*lines, first="POST / HTTP/1.1") + body


def chunks(body, *lines):
    return post("Transfer-Encoding: chunked", *lines, body=body)


R400, R405, R417, R501, R505 = Refused(400), Refused(405), Refused(417), Refused(501), Refused(505)
GET, POST = "GET / HTTP/1.1", "POST / HTTP/1.1"

REQUESTS = [
    # RFC 9112: HTTP/1.1 messages.
    ("9112 2.2", "an empty line before the request line is skipped", b"\r\n" + get(), Passed(GET)),
    ("9112 2.2", "but not any number of them", b"\r\n" * 5 + get(), R400),
    ("9112 2.2", "a bare LF ends no line", b"GET / HTTP/1.1\nHost: a\n\n", R400),
    ("9112 2.2", "a bare LF ends no field line", b"GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", R400),
    ("9112 2.2", "a bare CR is no white space in the request line", b"GET\r/ HTTP/1.1\r\nHost: a\r\n\r\n", R400),
    ("9112 2.2", "a bare CR is no part of a value", get("X: a\rb"), R400),
    ("9112 2.2", "white space between the request line and the first field is refused", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", R400),
    ("9112 2.2", "white space before the first field cannot hide it", get(" X: 1", host=None), R400),
    ("9112 2.3", "HTTP/1.0 is understood, and answered to its end", get(first="GET / HTTP/1.0"), Passed(GET, closes=True)),
    ("9112 2.3", "a version of another major number is not supported", get(first="GET / HTTP/2.0"), R505),
    ("9112 2.3", "nor one of an unknown minor number", get(first="GET / HTTP/1.2"), R505),
    ("9112 2.3", "a version is case-sensitive", get(first="GET / http/1.1"), R400),
    ("9112 2.3", "a version has two digits", get(first="GET / HTTP/1.10"), R400),
    ("9112 2.3", "HTTP/0.9 is refused", b"GET /\r\n\r\n", R400),
    ("9112 3", "the parts of the request line are separated by one space", get(first="GET  / HTTP/1.1"), R400),
    ("9112 3", "and by no tab", get(first="GET\t/ HTTP/1.1"), R400),
    ("9112 3", "nothing follows the version", get(first="GET / HTTP/1.1 "), R400),
    ("9112 3", "a request line over the limit is 414", get(first="GET /" + "a" * 5000 + " HTTP/1.1"), Refused(414)),
    ("9112 3.1", "a method is a token of any name", get(first="M-SEARCH / HTTP/1.1"), Passed("M-SEARCH / HTTP/1.1")),
    ("9112 3.1", "a method is case-sensitive", get(first="get / HTTP/1.1"), Passed("get / HTTP/1.1")),
    ("9112 3.1", "a method that is no token is refused", get(first="G@T / HTTP/1.1"), R400),
    ("9112 3.2", "a target without spaces alone is valid", get(first="GET /a b HTTP/1.1"), R400),
    ("9112 3.2", "a target of control characters is refused", get(first="GET /\x01 HTTP/1.1"), R400),
    ("9112 3.2", "a request of HTTP/1.1 has a Host", get(host=None), R400),
    ("9112 3.2", "and only one", get("Host: a"), R400),
    ("9112 3.2", "with a valid value", get(host="Host: a b"), R400),
    ("9112 3.2.1", "the origin form is passed on with its query", get(first="GET /a?b=/c?d HTTP/1.1"), Passed("GET /a?b=/c?d HTTP/1.1", host="a")),
    ("9112 3.2.1", "an origin form begins with a slash", get(first="GET a HTTP/1.1"), R400),
    ("9112 3.2.2", "the absolute form is passed on as the origin form with its Host", get(first="GET http://A/x?y HTTP/1.1"), Passed("GET /x?y HTTP/1.1", host="a")),
    ("9112 3.2.2", "an absolute form without a path means the root", get(first="GET http://a HTTP/1.1"), Passed(GET, host="a")),
    ("9112 3.2.2", "an absolute form must not say another host than Host", get(first="GET http://b/ HTTP/1.1"), R400),
    ("9112 3.2.2", "an absolute form needs a Host beside it", get(first="GET http://a/ HTTP/1.1", host=None), R400),
    ("9112 3.2.3", "the authority form is for CONNECT, which is refused", get(first="CONNECT a:80 HTTP/1.1"), R405),
    ("9112 3.2.3", "the authority form is for no other method", get(first="GET a:80 HTTP/1.1"), R400),
    ("9112 3.2.4", "the asterisk form is for OPTIONS alone", get(first="GET * HTTP/1.1"), R400),
    ("9112 3.2.4", "OPTIONS * asks about the proxy itself", get(first="OPTIONS * HTTP/1.1"), Answered(200, content_length="0")),
    ("9112 3.2.4", "and so does OPTIONS with an absolute form without a path", get(first="OPTIONS http://a HTTP/1.1"), Answered(200)),
    ("9112 5", "a field name is a token", get("X(: 1"), R400),
    ("9112 5", "a field has a name", get(": 1"), R400),
    ("9112 5", "a field line has a colon", get("X"), R400),
    ("9112 5.1", "no white space stands between a name and its colon", get("X : 1"), R400),
    ("9112 5.1", "nor does it hide a length", get("Content-Length : 5"), R400),
    ("9112 5.1", "white space around a value is none of it", get("X: \t 1 \t"), Passed(GET, x="1")),
    ("9112 5.1", "a value may be empty", get("X:"), Passed(GET, x="")),
    ("9112 5.2", "a folded line is refused", get("X: 1", " 2"), R400),
    ("9112 5.2", "also one folded with a tab", get("X: 1", "\t2"), R400),
    ("9112 6.1", "an unknown transfer coding is 501", post("Transfer-Encoding: gzip"), R501),
    ("9112 6.1", "also behind chunked", post("Transfer-Encoding: chunked, gzip"), R501),
    ("9112 6.1", "also before it, where nobody would decode it", post("Transfer-Encoding: gzip, chunked"), R501),
    ("9112 6.1", "identity is no coding any more", post("Transfer-Encoding: identity"), R501),
    ("9112 6.1", "chunked is applied once", post("Transfer-Encoding: chunked, chunked"), R400),
    ("9112 6.1", "also over two lines", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), R400),
    ("9112 6.1", "the name of a coding is case-insensitive", post("Transfer-Encoding: CHUNKED", body=b"1\r\na\r\n0\r\n\r\n"), Passed(POST, body=b"a")),
    ("9112 6.1", "a coding has no odd characters around it", post("Transfer-Encoding: \x0bchunked"), R400),
    ("9112 6.1", "Transfer-Encoding in HTTP/1.0 is faulty framing", get("Transfer-Encoding: chunked", first="POST / HTTP/1.0"), R400),
    ("9112 6.2", "a length is one decimal number", post("Content-Length: 5", body=b"hello"), Passed(POST, body=b"hello", content_length="5")),
    ("9112 6.2", "with leading zeros, if you like", post("Content-Length: 005", body=b"hello"), Passed(POST, body=b"hello", content_length="5")),
    ("9112 6.2", "but no sign", post("Content-Length: +5", body=b"hello"), R400),
    ("9112 6.2", "no spaces", post("Content-Length: 5 0"), R400),
    ("9112 6.2", "no hexadecimal digits", post("Content-Length: 0x5"), R400),
    ("9112 6.2", "no fraction", post("Content-Length: 5.0"), R400),
    ("9112 6.2", "no more than 64 bits", post("Content-Length: 18446744073709551616"), R400),
    ("9112 6.2", "and not nothing", post("Content-Length:"), R400),
    ("9112 6.3", "rule 3: a message with both framings is refused", post("Content-Length: 5", "Transfer-Encoding: chunked"), R400),
    ("9112 6.3", "rule 5: differing lengths are refused", post("Content-Length: 5", "Content-Length: 6"), R400),
    ("9112 6.3", "rule 5: so is the same length twice", post("Content-Length: 5", "Content-Length: 5"), R400),
    ("9112 6.3", "rule 5: and a list of lengths", post("Content-Length: 5, 5"), R400),
    ("9112 6.3", "rule 6: the body is as long as it says, and the next request follows", post("Content-Length: 2", body=b"ab"), Passed(POST, body=b"ab")),
    ("9112 6.3", "rule 7: a request without framing has no body", get(), Passed(GET, lacks=("content-length", "transfer-encoding"))),
    ("9112 6.3", "a length of zero is passed on", post("Content-Length: 0"), Passed(POST, content_length="0")),
    ("9112 7.1", "a chunked body is passed on as one", chunks(b"5\r\nhello\r\n0\r\n\r\n"), Passed(POST, body=b"hello", transfer_encoding="chunked")),
    ("9112 7.1", "a size may have leading zeros and either case", chunks(b"00A\r\n0123456789\r\n0\r\n\r\n"), Passed(POST, body=b"0123456789")),
    ("9112 7.1", "a size of no digits is refused", chunks(b"\r\n"), R400),
    ("9112 7.1", "a size with a prefix is refused", chunks(b"0x5\r\nhello\r\n0\r\n\r\n"), R400),
    ("9112 7.1", "a negative size is refused", chunks(b"-1\r\n"), R400),
    ("9112 7.1", "a size that overflows is refused", chunks(b"10000000000000000\r\n"), R400),
    ("9112 7.1", "a size over 63 bits is refused", chunks(b"8000000000000000\r\n"), R400),
    ("9112 7.1", "a space behind a size is refused", chunks(b"5 \r\nhello\r\n0\r\n\r\n"), R400),
    ("9112 7.1", "a bare LF behind a size is refused", chunks(b"5\nhello\r\n0\r\n\r\n"), R400),
    ("9112 7.1", "CRLF stands behind the data of a chunk", chunks(b"5\r\nhelloX\r\n0\r\n\r\n"), R400),
    ("9112 7.1", "and not a bare LF", chunks(b"5\r\nhello\n0\r\n\r\n"), R400),
    ("9112 7.1.1", "extensions that nobody knows are dropped", chunks(b"5;a;b=c;d=\"e;\\\"\"\r\nhello\r\n0;z\r\n\r\n"), Passed(POST, body=b"hello")),
    ("9112 7.1.1", "an extension without a name is refused", chunks(b"5;\r\nhello\r\n0\r\n\r\n"), R400),
    ("9112 7.1.1", "an extension holds no bare LF", chunks(b"5;a\nb\r\nhello\r\n0\r\n\r\n"), R400),
    ("9112 7.1.1", "the extensions of a chunk are bounded", chunks(b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"), R400),
    ("9112 7.1.1", "the extensions of a body are bounded", chunks(b"".join(b"1;" + b"a" * 200 + b"\r\nx\r\n" for _ in range(40)) + b"0\r\n\r\n"), R400),
    ("9112 7.1.2", "trailers are passed on", chunks(b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"), Passed(POST, body=b"a", trailers=[("x-sum", "1")])),
    ("9112 7.1.2", "a trailer section holds field lines", chunks(b"1\r\na\r\n0\r\nX-Sum 1\r\n\r\n"), R400),
    ("9112 7.1.2", "no folded ones", chunks(b"1\r\na\r\n0\r\nX: 1\r\n 2\r\n\r\n"), R400),
    ("9112 7.1.2", "trailers over the limit are 431", chunks(b"1\r\na\r\n0\r\n" + b"X: " + b"y" * 5000 + b"\r\n\r\n"), Refused(431)),
    ("9112 9.3", "a request of HTTP/1.1 keeps the connection", get(), Passed(GET)),
    ("9112 9.3", "unless it says close", get("Connection: close"), Passed(GET, closes=True, lacks=("connection",))),
    ("9112 9.3", "one of HTTP/1.0 keeps it if it asks for that", get("Connection: keep-alive", first="GET / HTTP/1.0"), Passed(GET, lacks=("connection",))),
    ("9112 9.3", "close wins over keep-alive", get("Connection: keep-alive, close"), Passed(GET, closes=True)),
    # RFC 9110: semantics.
    ("9110 4.2.4", "user information is refused", get(first="GET http://user@a/ HTTP/1.1"), R400),
    ("9110 4.2.4", "also in Host", get(host="Host: user@a"), R400),
    ("9110 4.2.5", "a fragment is no part of a target", get(first="GET /a#b HTTP/1.1"), R400),
    ("9110 5.1", "field names are case-insensitive", get("X-MiXeD: 1"), Passed(GET, x_mixed="1")),
    ("9110 5.3", "several lines of a field stay in their order", get("X: 1", "Y: 0", "X: 2"), Passed(GET, x=["1", "2"])),
    ("9110 5.3", "a field that is no list comes once", get("Content-Type: a/b", "Content-Type: c/d"), R400),
    ("9110 5.4", "fields over the limit are 431", get("X: " + "y" * 5000), Refused(431)),
    ("9110 5.4", "and so are too many of them", get(*("X: 1" for _ in range(51))), Refused(431)),
    ("9110 5.5", "a value holds no NUL", get("X: a\0b"), R400),
    ("9110 5.5", "nor any other control character", get("X: a\x01b"), R400),
    ("9110 5.5", "nor DEL", get("X: a\x7fb"), R400),
    ("9110 5.5", "a tab within a value is one", get("X: a\tb"), Passed(GET, x="a\tb")),
    ("9110 5.5", "bytes over 0x7F are opaque", get("X: \xe9"), Passed(GET, x="\xe9")),
    ("9110 6.5.1", "what frames a message is no trailer", chunks(b"0\r\nContent-Length: 5\r\n\r\n"), R400),
    ("9110 6.5.1", "nor what addresses it", chunks(b"0\r\nHost: b\r\n\r\n"), R400),
    ("9110 6.5.1", "other fields that must not be trailers are dropped", chunks(b"1\r\na\r\n0\r\nConnection: x\r\nX: 1\r\n\r\n"), Passed(POST, body=b"a", trailers=[("x", "1")])),
    ("9110 7.2", "Host is passed on in lower case with its port", get(host="Host: A.Example:8080"), Passed(GET, host="a.example:8080")),
    ("9110 7.2", "an empty port is none", get(host="Host: a:"), Passed(GET, host="a")),
    ("9110 7.2", "an IPv6 address stands in brackets", get(host="Host: [::1]:80"), Passed(GET, host="[::1]:80")),
    ("9110 7.2", "and is one", get(host="Host: [::1::]"), R400),
    ("9110 7.2", "a port is a number up to 65535", get(host="Host: a:99999"), R400),
    ("9110 7.2", "Host is not empty", get(host="Host:"), R400),
    ("9110 7.6.1", "the fields that Connection names are not passed on", get("Connection: X-Hop", "X-Hop: 1", "X-End: 2"), Passed(GET, x_end="2", lacks=("x-hop", "connection"))),
    ("9110 7.6.1", "nor are those that are always about the connection", get("Keep-Alive: 5", "Proxy-Connection: x", "TE: trailers"), Passed(GET, lacks=("keep-alive", "proxy-connection", "te"))),
    ("9110 7.6.1", "a field for all recipients cannot be named away", get("Connection: Authorization", "Authorization: x"), Passed(GET, authorization="x")),
    ("9110 7.6.1", "a Connection option is a token", get("Connection: a b"), R400),
    ("9110 7.6.2", "Max-Forwards of OPTIONS is made one less", get("Max-Forwards: 3", first="OPTIONS /a HTTP/1.1"), Passed("OPTIONS /a HTTP/1.1", max_forwards="2")),
    ("9110 7.6.2", "at 0 the request ends here", get("Max-Forwards: 0", first="OPTIONS /a HTTP/1.1"), Answered(200, content_length="0")),
    ("9110 7.6.2", "Max-Forwards of TRACE is made one less", get("Max-Forwards: 1", first="TRACE /a HTTP/1.1"), Passed("TRACE /a HTTP/1.1", max_forwards="0")),
    ("9110 7.6.2", "TRACE that ends here is not allowed", get("Max-Forwards: 0", first="TRACE /a HTTP/1.1"), Answered(405)),
    ("9110 7.6.2", "Max-Forwards of other methods means nothing", get("Max-Forwards: 0"), Passed(GET, max_forwards="0")),
    ("9110 7.6.3", "Via names this hop behind the others", get("Via: 1.0 x"), Passed(GET, via="1.0 x, 1.1 headgate")),
    ("9110 7.6.3", "with the version in which the message came", get(first="GET / HTTP/1.0"), Passed(GET, via="1.0 headgate", closes=True)),
    ("9110 7.8", "an Upgrade that is not passed on is ignored", get("Connection: upgrade", "Upgrade: foo/2"), Passed(GET, lacks=("upgrade", "connection"))),
    ("9110 7.8", "one that Connection does not name is none", get("Upgrade: websocket"), Passed(GET, lacks=("upgrade",))),
    ("9110 7.8", "Upgrade in HTTP/1.0 is ignored", get("Connection: upgrade", "Upgrade: websocket", first="GET / HTTP/1.0"), Passed(GET, lacks=("upgrade",), closes=True)),
    ("9110 8.6", "a body with a length is passed on with that length", post("Content-Length: 3", body=b"abc"), Passed(POST, body=b"abc", content_length="3", lacks=("transfer-encoding",))),
    ("9110 9.3.1", "GET may have a body", get("Content-Length: 1") + b"x", Passed(GET, body=b"x")),
    ("9110 9.3.6", "CONNECT is refused with the methods that are served", get(first="CONNECT a:443 HTTP/1.1", host="Host: a:443"), R405),
    ("9110 9.3.7", "OPTIONS of a resource is passed on", get(first="OPTIONS /a HTTP/1.1"), Passed("OPTIONS /a HTTP/1.1")),
    ("9110 9.3.8", "TRACE has no body", get("Content-Length: 1", first="TRACE / HTTP/1.1") + b"x", R400),
    ("9110 10.1.1", "a client that expects 100-continue gets it", post("Expect: 100-continue", "Content-Length: 1", body=b"x"), Passed(POST, body=b"x", lacks=("expect",))),
    ("9110 10.1.1", "another expectation is 417", post("Expect: 200-ok", "Content-Length: 1", body=b"x"), R417),
    ("9110 10.1.1", "an expectation of HTTP/1.0 is ignored", get("Expect: x", first="GET / HTTP/1.0"), Passed(GET, lacks=("expect",), closes=True)),
    ("9110 15.5.14", "a body over the limit is 413", post("Content-Length: 100001"), Refused(413)),
    # RFC 3986: one form of every path.
    ("3986 6.2.2.1", "the digits of an escape are upper-case", get(first="GET /%c3%a9 HTTP/1.1"), Passed("GET /%C3%A9 HTTP/1.1")),
    ("3986 6.2.2.2", "what needs no escape has none", get(first="GET /%61%2D%7e HTTP/1.1"), Passed("GET /a-~ HTTP/1.1")),
    ("3986 6.2.2.2", "an escape that is none is refused", get(first="GET /%zz HTTP/1.1"), R400),
    ("3986 6.2.2.3", "dot segments are removed", get(first="GET /a/./b/../c HTTP/1.1"), Passed("GET /a/c HTTP/1.1")),
    ("3986 6.2.2.3", "also escaped ones", get(first="GET /a/%2e%2E/c HTTP/1.1"), Passed("GET /c HTTP/1.1")),
    ("3986 6.2.2.3", "but none above the root", get(first="GET /../a HTTP/1.1"), R400),
    ("3986 2.2", "an escaped slash is none, by default", get(first="GET /a%2fb HTTP/1.1"), Passed("GET /a%2Fb HTTP/1.1")),
    ("3986 3.3", "an empty segment is one, by default", get(first="GET //a HTTP/1.1"), Passed("GET //a HTTP/1.1")),
    ("3986 7.3", "%00 is refused", get(first="GET /%00 HTTP/1.1"), R400),
]


# ---- what is seen of a response

class Ends(bytes):
    """An answer behind which the backend ends the connection."""


class BadGateway:
    """502, and the connection to the backend is not used again."""


class Shown:
    """The client gets this response; `reused`: the next request goes over the same connection to the backend."""

    def __init__(self, status=200, body=b"ok", trailers=(), interim=(), lacks=(), reused=True, **fields):
        self.status, self.body, self.trailers, self.interim, self.lacks, self.reused, self.fields = status, body, list(trailers), list(interim), lacks, reused, fields


class Truncated:
    """The client gets the head and sees that the body is cut short."""

    def __init__(self, body):
        self.body = body


def ok(*lines, body=b"", first="HTTP/1.1 200 OK"):
    return "".join(line + "\r\n" for line in (first, *lines, "")).encode("latin-1") + body


def chunkedOk(body):
    return ok("Transfer-Encoding: chunked", body=body)


HEAD = get(first="HEAD / HTTP/1.1")
TWO = ("Content-Length: 2",)

RESPONSES = [
    ("9112 2.2", "a bare LF ends no line", get(), b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", BadGateway()),
    ("9112 2.2", "a bare CR is no part of a value", get(), ok("X: a\rb", *TWO, body=b"ok"), BadGateway()),
    ("9112 2.2", "an empty line before the status line is refused", get(), b"\r\n" + OK, BadGateway()),
    ("9112 2.3", "an answer of HTTP/1.0 is understood, and its connection not used again", get(), ok(*TWO, first="HTTP/1.0 200 OK", body=b"ok"), Shown(reused=False)),
    ("9112 2.3", "unless it keeps it", get(), ok("Connection: keep-alive", *TWO, first="HTTP/1.0 200 OK", body=b"ok"), Shown()),
    ("9112 2.3", "another version is refused", get(), ok(*TWO, first="HTTP/2.0 200 OK", body=b"ok"), BadGateway()),
    ("9112 2.3", "what is no HTTP is refused", get(), b"SSH-2.0-OpenSSH\r\n\r\n", BadGateway()),
    ("9112 4", "a status has three digits", get(), ok(first="HTTP/1.1 20 OK"), BadGateway()),
    ("9112 4", "from 100", get(), ok(first="HTTP/1.1 099 OK"), BadGateway()),
    ("9112 4", "to 599", get(), ok(first="HTTP/1.1 600 OK"), BadGateway()),
    ("9112 4", "a reason is not needed", get(), ok(*TWO, first="HTTP/1.1 200 ", body=b"ok"), Shown()),
    ("9112 4", "nor is its space", get(), ok(*TWO, first="HTTP/1.1 200", body=b"ok"), Shown()),
    ("9112 4", "a reason holds no control character", get(), ok(*TWO, first="HTTP/1.1 200 O\0K", body=b"ok"), BadGateway()),
    ("9112 5.1", "no white space stands between a name and its colon", get(), ok("X : 1", *TWO, body=b"ok"), BadGateway()),
    ("9112 5.2", "a folded line is refused", get(), ok("X: 1", " 2", *TWO, body=b"ok"), BadGateway()),
    ("9112 6.1", "chunked is the only coding", get(), ok("Transfer-Encoding: gzip", body=b"ok"), BadGateway()),
    ("9112 6.1", "also with another", get(), ok("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), BadGateway()),
    ("9112 6.1", "Transfer-Encoding in HTTP/1.0 is refused", get(), ok("Transfer-Encoding: chunked", first="HTTP/1.0 200 OK", body=b"0\r\n\r\n"), BadGateway()),
    ("9112 6.1", "a 204 has no Transfer-Encoding", get(), ok("Transfer-Encoding: chunked", first="HTTP/1.1 204 No Content"), BadGateway()),
    ("9112 6.3", "rule 1: an answer to HEAD has no body whatever it says", HEAD, ok("Content-Length: 1000"), Shown(body=b"", content_length="1000")),
    ("9112 6.3", "rule 1: neither has a 204", get(), ok(first="HTTP/1.1 204 No Content"), Shown(204, body=b"", lacks=("content-length", "transfer-encoding"))),
    ("9112 6.3", "rule 1: nor a 304", get(), ok("Content-Length: 9", first="HTTP/1.1 304 Not Modified"), Shown(304, body=b"", content_length="9")),
    ("9112 6.3", "rule 3: both framings are refused", get(), ok("Transfer-Encoding: chunked", *TWO, body=b"0\r\n\r\n"), BadGateway()),
    ("9112 6.3", "rule 4: chunked ends with its last chunk", get(), chunkedOk(b"2\r\nok\r\n0\r\n\r\n"), Shown()),
    ("9112 6.3", "rule 5: differing lengths are refused", get(), ok("Content-Length: 2", "Content-Length: 3", body=b"ok"), BadGateway()),
    ("9112 6.3", "rule 5: so is the same length twice", get(), ok(*TWO, *TWO, body=b"ok"), BadGateway()),
    ("9112 6.3", "rule 5: and what is no number", get(), ok("Content-Length: 2x", body=b"ok"), BadGateway()),
    ("9112 6.3", "rule 6: a length ends the body", get(), OK, Shown()),
    ("9112 6.3", "rule 8: without framing the end of the connection does", get(), Ends(ok(body=b"all of it")), Shown(body=b"all of it", reused=False, transfer_encoding="chunked")),
    ("9112 7.1", "a size that is none cuts the response", get(), chunkedOk(b"2\r\nok\r\nx\r\n"), Truncated(b"ok")),
    ("9112 7.1", "so does a chunk without its end", get(), chunkedOk(b"2\r\nokX\r\n0\r\n\r\n"), Truncated(b"ok")),
    ("9112 7.1.1", "extensions are dropped", get(), chunkedOk(b"2;a=b\r\nok\r\n0\r\n\r\n"), Shown()),
    ("9112 7.1.2", "trailers are passed on", get(), chunkedOk(b"2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"), Shown(trailers=[("x-sum", "1")])),
    ("9112 8", "a body shorter than its length is shown as cut", get(), Ends(ok("Content-Length: 10", body=b"short")), Truncated(b"short")),
    ("9112 8", "chunks without the last one are shown as cut", get(), Ends(chunkedOk(b"2\r\nok\r\n")), Truncated(b"ok")),
    ("9112 9.2", "bytes beyond a response end its connection", get(), OK + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Shown(reused=False)),
    ("9112 9.3", "a response of HTTP/1.1 keeps the connection", get(), OK, Shown(lacks=("connection",))),
    ("9112 9.3", "unless it says close", get(), ok("Connection: close", *TWO, body=b"ok"), Shown(reused=False, lacks=("connection",))),
    ("9110 5.5", "a value holds no control character", get(), ok("X: \x01", *TWO, body=b"ok"), BadGateway()),
    ("9110 6.5.1", "what frames a message is no trailer", get(), chunkedOk(b"2\r\nok\r\n0\r\nTransfer-Encoding: x\r\n\r\n"), Truncated(b"ok")),
    ("9110 6.6.1", "a Date that is missing is added", get(), OK, Shown(date=re.compile(r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$"))),
    ("9110 6.6.1", "one that is there stays", get(), ok("Date: Sun, 06 Nov 1994 08:49:37 GMT", *TWO, body=b"ok"), Shown(date="Sun, 06 Nov 1994 08:49:37 GMT")),
    ("9110 7.6.1", "the fields that Connection names are not passed on", get(), ok("Connection: X-Hop", "X-Hop: 1", "X-End: 2", *TWO, body=b"ok"), Shown(x_end="2", lacks=("x-hop", "connection"))),
    ("9110 7.6.3", "Via names this hop behind the others", get(), ok("Via: 1.0 x", *TWO, body=b"ok"), Shown(via="1.0 x, 1.1 headgate")),
    ("9110 7.8", "a switch of protocols that nobody asked for is refused", get(), ok("Connection: upgrade", "Upgrade: x", first="HTTP/1.1 101 Switching"), BadGateway()),
    ("9110 8.6", "a 204 has no length", get(), ok("Content-Length: 5", first="HTTP/1.1 204 No Content", body=b"hello"), BadGateway()),
    ("9110 8.6", "but its harmless 0 is forgotten", get(), ok("Content-Length: 0", first="HTTP/1.1 204 No Content"), Shown(204, body=b"", lacks=("content-length",))),
    ("9110 15", "a status that nobody knows is passed on", get(), ok(*TWO, first="HTTP/1.1 299 X", body=b"ok"), Shown(299)),
    ("9110 15.2", "interim responses come before the final one", get(), ok(first="HTTP/1.1 102 Processing") + OK, Shown(interim=[102])),
    ("9110 15.2", "but not to a client of HTTP/1.0", get(first="GET / HTTP/1.0"), ok(first="HTTP/1.1 102 Processing") + OK, Shown()),
    ("9110 15.2", "nor without bound", get(), ok(first="HTTP/1.1 102 Processing") * 101 + OK, BadGateway()),
    ("8297 2", "Early Hints are passed on with their fields", get(), ok("Link: </a>", first="HTTP/1.1 103 Early Hints") + OK, Shown(interim=[103])),
    ("9110 15.6.3", "a head over the limit is a bad one", get(), ok("X: " + "y" * 70_000, *TWO, body=b"ok"), BadGateway()),
    ("9110 15.6.3", "so is the end within a head", get(), Ends(b"HTTP/1.1 200 OK\r\nContent-"), BadGateway()),
]


class Table(unittest.TestCase):
    """One headgate before one backend for all lines of a table."""

    LISTENER = {"max_request_headers": 4096, "max_header_count": 50, "max_request_body": 100_000}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="headgate-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.backend = RawBackend(cls.serve)
        cls.addClassCleanup(cls.backend.close)
        cls.headgate = Headgate(folder.name, config([cls.backend], listener=cls.LISTENER, route={"retries": {"on": []}}))
        cls.addClassCleanup(cls.headgate.kill)
        cls.headgate.waitUntilStarted()

    @classmethod
    def tearDownClass(cls):
        code = cls.headgate.terminate()
        if code != 0:
            raise AssertionError(f"headgate ended with {code}:\n{cls.headgate.output}")

    def client(self):
        client = Client(self.headgate.address())
        self.addCleanup(client.close)
        return client

    def hasFields(self, message, fields, lacks):
        for name, expected in fields.items():
            values = message.all(name.replace("_", "-"))
            if isinstance(expected, re.Pattern):
                self.assertRegex(values[0], expected)
            else:
                self.assertEqual(values, expected if isinstance(expected, list) else [expected], name)
        for name in lacks:
            self.assertEqual(message.all(name), [], name)


class Requests(Table):
    seen = []

    @classmethod
    def serve(cls, exchange):
        while request := exchange.readRequest():
            cls.seen.append(request)
            exchange.send(OK)

    def check(self, sent, expected):
        self.seen.clear()
        client = self.client().send(sent)
        {Refused: self.isRefused, Passed: self.isPassed, Answered: self.isAnswered}[type(expected)](client, expected)

    def isRefused(self, client, expected):
        response = client.readResponse()
        self.assertEqual((response.status, response.get("connection")), (expected.status, "close"))
        self.assertEqual(response.json()["code"], expected.status)
        if expected.status == 405:
            self.assertIn("GET", response.get("allow"))
        client.endsNow()
        self.assertEqual(self.seen, [])

    def isPassed(self, client, expected):
        response = client.readResponse()
        self.assertEqual((response.status, response.body), (200, b"ok"), response.body)
        self.assertEqual(len(self.seen), 1)
        request = self.seen[0]
        self.assertEqual((f"{request.method} {request.target} {request.version}", request.body, request.trailers), (expected.line, expected.body, expected.trailers))
        self.hasFields(request, expected.fields, expected.lacks)
        self.goesOn(client, expected.closes)

    def isAnswered(self, client, expected):
        response = client.readResponse()
        self.assertEqual(response.status, expected.status)
        self.hasFields(response, expected.fields, ())
        self.assertIn("GET", response.get("allow"))
        self.assertEqual(self.seen, [])
        self.goesOn(client, False)

    def goesOn(self, client, closes):
        if closes:
            return client.endsNow()
        return self.assertEqual(client.get("/next", host="a").status, 200)


class Responses(Table):
    answers = []

    @classmethod
    def serve(cls, exchange):
        while exchange.readRequest():
            answer = cls.answers.pop(0)
            exchange.send(answer)
            if isinstance(answer, Ends):
                return

    def check(self, request, answer, expected):
        self.answers[:] = [answer]
        client = self.client().send(request)
        method = "HEAD" if request.startswith(b"HEAD") else "GET"
        if isinstance(expected, BadGateway):
            response = client.readResponse(method)
            self.assertEqual((response.status, response.json()["reason"]), (502, "upstream_protocol_error"))
            return self.isUsedAgain(False)
        if isinstance(expected, Truncated):
            response = client.readResponse(method)
            self.assertEqual((response.status, response.complete), (200, False))
            if response.get("transfer-encoding") is None:
                self.assertEqual(response.body, expected.body)
            return self.isUsedAgain(False)
        for status in expected.interim:
            self.assertEqual(client.readResponse(method, informational=True).status, status)
        response = client.readResponse(method, informational=True)
        self.assertEqual((response.status, response.body, response.trailers, response.complete), (expected.status, expected.body, expected.trailers, True))
        self.hasFields(response, expected.fields, expected.lacks)
        return self.isUsedAgain(expected.reused)

    def isUsedAgain(self, reused):
        before = self.backend.connections
        self.answers[:] = [OK]
        self.assertEqual(self.client().get("/next", host="a").status, 200)
        self.assertEqual(self.backend.connections, before + (0 if reused else 1))


def addTests(case, rows):
    """A method for each line, named after it."""
    for number, (section, what, *arguments) in enumerate(rows):
        def test(self, arguments=tuple(arguments)):
            self.check(*arguments)

        name = re.sub(r"\W+", "_", f"test_{number:03}_{section}_{what}").strip("_")
        test.__doc__ = f"RFC {section}: {what}"
        setattr(case, name, test)


addTests(Requests, REQUESTS)
addTests(Responses, RESPONSES)
