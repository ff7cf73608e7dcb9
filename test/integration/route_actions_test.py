"""What becomes of a request beside the way to one cluster: shares of clusters, redirects, own answers, rewrites, fields, limits of a route."""

from collections import Counter

from support.backend import answering, serving
from support.case import Case
from support.headgate import config


def named(name):
    """A response that says who made it."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-From: %s\r\n\r\n%s" % (len(name), name.encode(), name.encode())


class RouteActions(Case):
    def start(self, *routes, backends=("app",), **listener):
        """A headgate with these routes before backends that keep their requests in `self.requests`; a client of it."""
        self.requests = {name: [] for name in backends}
        configuration = config([], listener={"routes": list(routes), **listener})
        configuration["clusters"] = [
            {"name": name, "endpoints": [self.rawBackend(serving(named(name), requests=self.requests[name])).endpoint()]} for name in backends]
        self.proxied = self.headgate(configuration)
        return self.client(self.proxied)

    def got(self, name="app"):
        """The last request of a backend."""
        return self.requests[name][-1]


class Clusters(RouteActions):
    def test_each_cluster_gets_exactly_its_share(self):
        client = self.start({"clusters": [{"name": "old", "weight": 75}, {"name": "new", "weight": 25}, {"name": "off", "weight": 0}]}, backends=("old", "new", "off"))
        answers = Counter(client.get().body for _ in range(200))
        self.assertEqual(answers, {b"old": 150, b"new": 50})

    def test_the_log_names_the_cluster_that_was_drawn(self):
        client = self.start({"clusters": [{"name": "one"}, {"name": "two"}]}, backends=("one", "two"))
        answers = [client.get().body.decode() for _ in range(4)]
        self.assertEqual([line["cluster"] for line in self.proxied.logLines(4)], answers)


class Redirects(RouteActions):
    def test_a_redirect_keeps_path_and_query(self):
        client = self.start({"redirect": {"scheme": "https", "host": "www.example.com", "code": 308}})
        response = client.get("/a/b?c=d&e", host="example.com:8080")
        self.assertEqual((response.status, response.get("location"), response.body), (308, "https://www.example.com/a/b?c=d&e", b""))
        self.assertEqual(response.get("content-length"), "0")

    def test_a_redirect_replaces_the_prefix_and_drops_the_query(self):
        client = self.start({"match": {"path": "/old"}, "redirect": {"prefix": "/new", "strip_query": True}})
        response = client.get("/old/x?y", host="a:81")
        self.assertEqual((response.status, response.get("location")), (301, "http://a:81/new/x"))

    def test_a_redirect_is_logged_as_such(self):
        client = self.start({"redirect": {"path": "/x"}})
        client.get("/y")
        record = self.proxied.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["cluster"], record["attempts"]), (301, "redirect", None, []))

    def test_a_request_with_a_body_is_answered_and_the_connection_goes_on(self):
        client = self.start({"redirect": {"path": "/x", "code": 307}})
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        self.assertEqual(client.readResponse().status, 307)
        self.assertEqual(client.get().status, 307)

    def test_a_body_of_unknown_length_is_not_waited_for(self):
        client = self.start({"redirect": {"path": "/x"}})
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        response = client.readResponse()
        self.assertEqual((response.status, response.get("connection")), (301, "close"))
        client.endsNow()

    def test_who_expects_100_continue_is_told_before_the_body(self):
        client = self.start({"redirect": {"path": "/x"}})
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(client.readResponse(informational=True).status, 301)
        client.endsNow()


class Responses(RouteActions):
    def test_a_route_answers_by_itself(self):
        client = self.start({"respond": {"status": 503, "body": "closed\n", "headers": {"Retry-After": "60", "x-path": "%REQ(:PATH)%"}}})
        response = client.get("/shop?a")
        self.assertEqual((response.status, response.body), (503, b"closed\n"))
        self.assertEqual([response.get(name) for name in ("content-type", "content-length", "retry-after", "x-path")],
                         ["text/plain; charset=utf-8", "7", "60", "/shop?a"])
        self.assertEqual(self.proxied.logLines(1)[0]["details"], "direct_response")

    def test_the_answer_to_head_has_no_body(self):
        client = self.start({"respond": {"body": "hello", "headers": {"content-type": "text/html"}}})
        response = client.get(method="HEAD")
        self.assertEqual((response.status, response.get("content-length"), response.get("content-type"), response.body), (200, "5", "text/html", b""))
        self.assertEqual(client.get().body, b"hello")

    def test_an_answer_without_content(self):
        client = self.start({"respond": {"status": 204}})
        response = client.get()
        self.assertEqual((response.status, response.get("content-length"), response.get("transfer-encoding")), (204, None, None))
        self.assertEqual(client.get().status, 204)


class Rewrites(RouteActions):
    def test_the_backend_sees_the_rewritten_prefix_and_host_and_the_log_what_was_asked_for(self):
        client = self.start({"match": {"path": "/api"}, "cluster": "app", "rewrite": {"prefix": "/v2", "host": "app.internal:8080"}})
        self.assertEqual(client.get("/api/x?y=1", host="www.example.com").status, 200)
        request = self.got()
        self.assertEqual((request.target, request.all("host"), request.all("x-forwarded-host")), ("/v2/x?y=1", ["app.internal:8080"], ["www.example.com"]))
        record = self.proxied.logLines(1)[0]
        self.assertEqual((record["path"], record["authority"]), ("/api/x?y=1", "www.example.com"))

    def test_a_regex_rewrites_the_path(self):
        client = self.start({"cluster": "app", "rewrite": {"regex": "^/users/([0-9]+)", "substitution": "/u\\1"}})
        client.get("/users/17/photo?a=/users/1")
        self.assertEqual(self.got().target, "/u17/photo?a=/users/1")

    def test_a_rewrite_that_makes_no_path_is_an_error_of_this_side(self):
        client = self.start({"cluster": "app", "rewrite": {"regex": "^/", "substitution": ""}})
        response = client.get("/x")
        self.assertEqual((response.status, response.json()["reason"]), (500, "internal_error"))
        self.assertEqual(self.requests["app"], [])


class Fields(RouteActions):
    def test_fields_of_the_request_are_changed_for_the_backend_alone(self):
        client = self.start({"cluster": "app", "request_headers": {
            "remove": ["x-secret"], "set": {"X-Set": "%REQ(:METHOD)% %REQ(x-in)%"}, "add": {"x-add": ["1", "%PROTOCOL%"]}}})
        client.get(fields=["X-Secret: a", "X-In: b", "X-Set: forged", "X-Set: twice"])
        request = self.got()
        self.assertEqual((request.all("x-secret"), request.all("x-set"), request.all("x-add")), ([], ["GET b"], ["1", "HTTP/1.1"]))

    def test_fields_of_the_response_are_changed_on_whoever_answers(self):
        rules = {"remove": ["x-from"], "set": {"X-Status": "%RESPONSE_CODE% %RESP(x-from)%", "strict-transport-security": "max-age=1"}}
        client = self.start({"match": {"path": "/own"}, "respond": {"status": 404}, "response_headers": rules}, {"cluster": "app", "response_headers": rules})
        for path, length, status in (("/", "3", "200"), ("/own", "0", "404")):
            response = client.get(path)
            self.assertEqual((response.get("x-from"), response.get("strict-transport-security")), (None, "max-age=1"), path)
            self.assertEqual((response.get("content-length"), response.get("x-status")), (length, status))

    def test_fields_are_changed_on_errors_of_this_side_too(self):
        client = self.start({"cluster": "app", "max_request_body": 3, "response_headers": {"set": {"x-a": "1"}}})
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
        response = client.readResponse()
        self.assertEqual((response.status, response.get("x-a")), (413, "1"))


class LimitsOfARoute(RouteActions):
    def test_a_route_has_its_own_limit_of_the_body(self):
        client = self.start({"match": {"path": "/upload"}, "cluster": "app", "max_request_body": "1KiB"}, {"cluster": "app"}, max_request_body=10)

        def post(path, size):
            client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (path, size, b"x" * size))
            return client.readResponse().status

        self.assertEqual(post(b"/upload", 1024), 200)
        self.assertEqual(post(b"/x", 10), 200)
        self.assertEqual(post(b"/x", 11), 413)

    def test_a_route_has_its_own_idle_time(self):
        def silent(exchange):
            exchange.readHead()
            exchange.readAll()

        backend = self.rawBackend(silent)
        routes = [{"match": {"path": "/short"}, "cluster": "app", "stream_idle": "50ms", "timeout": "0s"}, {"cluster": "app"}]
        client = self.client(self.headgate(config([backend], listener={"routes": routes})))
        self.assertEqual(client.get("/short").status, 504)
