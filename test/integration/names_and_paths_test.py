"""What a listener makes of header names and paths, by its options."""

from support.backend import serving
from support.case import Case

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Options(Case):
    def start(self, response=OK, **listener):
        self.requests = []
        return self.client(self.proxy(serving(response, requests=self.requests), listener=listener))

    def names(self):
        return [name for name, _ in self.requests[-1].fields]


class Underscores(Options):
    FIELDS = b"X_One: 1\r\nX-Two: 2\r\n"

    def test_are_kept_by_default_but_those_that_read_as_a_known_name(self):
        client = self.start()
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n" + self.FIELDS + b"X_Forwarded_For: 9.9.9.9\r\nContent_Length: 7\r\n\r\n")
        self.assertEqual(client.readResponse().status, 200)
        self.assertIn("x_one", self.names())
        self.assertNotIn("x_forwarded_for", self.names())
        self.assertNotIn("content_length", self.names())

    def test_may_be_dropped_in_heads_and_trailers(self):
        client = self.start(header_names={"underscores": "drop"})
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n" + self.FIELDS + b"\r\n1\r\na\r\n0\r\nx_sum: 1\r\nx-sum: 2\r\n\r\n")
        self.assertEqual(client.readResponse().status, 200)
        self.assertNotIn("x_one", self.names())
        self.assertIn("x-two", self.names())
        self.assertEqual(self.requests[0].trailers, [("x-sum", "2")])

    def test_may_be_refused(self):
        client = self.start(header_names={"underscores": "refuse"})
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n" + self.FIELDS + b"\r\n")
        response = client.readResponse()
        self.assertEqual((response.status, response.json()["message"]), (400, 'the field name "x_one" holds an underscore'))
        client.endsNow()

    def test_of_responses_are_the_business_of_the_backend(self):
        client = self.start(OK.replace(b"Content", b"X_Odd: 1\r\nContent"), header_names={"underscores": "refuse"})
        self.assertEqual(client.get().get("x_odd"), "1")


class Case_(Options):
    RESPONSE = b"HTTP/1.1 200 OK\r\nX-CamelCase: 1\r\nETAG: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-SUM: 3\r\n\r\n"
    REQUEST = b"POST / HTTP/1.1\r\nHost: test\r\nX-Request-ID: id\r\nX-lowerCamel: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-Sum: 1\r\n\r\n"

    def test_names_are_lower_case_by_default(self):
        client = self.start(self.RESPONSE)
        response = client.send(self.REQUEST).readResponse()
        self.assertTrue(all(name == name.lower() for name in self.names() + [name for name, _ in response.fields + response.trailers]))

    def test_names_may_be_kept_as_they_came(self):
        client = self.start(self.RESPONSE, header_names={"case": "keep"})
        response = client.send(self.REQUEST).readResponse()
        self.assertEqual(self.names(), ["Host", "X-Request-ID", "X-lowerCamel", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via",
                                        "Transfer-Encoding"])
        self.assertEqual(self.requests[0].trailers if self.requests[0].trailers else None, [("x-Sum", "1")])
        names = [name for name, _ in response.fields]
        self.assertEqual([name for name in names if name != "Date"], ["X-CamelCase", "ETAG", "Via", "Transfer-Encoding"])
        self.assertEqual(response.trailers, [("X-SUM", "3")])


class Paths(Options):
    def target(self, path, **rules):
        client = self.start(path=rules)
        response = client.get(path)
        return self.requests[0].target if response.status == 200 else response.status

    def test_slashes_may_be_merged(self):
        self.assertEqual(self.target("//a//b//?c//d"), "//a//b//?c//d")
        self.assertEqual(self.target("//a//b//?c//d", merge_slashes=True), "/a/b/?c//d")

    def test_encoded_slashes_may_be_decoded_or_refused(self):
        self.assertEqual(self.target("/a/..%2fb"), "/a/..%2Fb")
        self.assertEqual(self.target("/a/..%2fb", escaped_slashes="decode"), "/b")
        self.assertEqual(self.target("/a/..%2fb", escaped_slashes="refuse"), 400)
        self.assertEqual(self.target("/a%5Cb", escaped_slashes="decode"), 400)

    def test_a_route_sees_the_same_path_as_the_backend(self):
        requests = []
        headgate = self.proxy(serving(OK, requests=requests), listener={"path": {"merge_slashes": True, "escaped_slashes": "decode"}},
                              route={"match": {"path": "/public"}})
        client = self.client(headgate)
        self.assertEqual(client.get("/public/..%2Fadmin").status, 404)
        self.assertEqual(client.get("//public%2fx").status, 200)
        self.assertEqual(requests[0].target, "/public/x")
