"""Which cluster gets a request, by its host and path."""

from support.backend import answering
from support.case import Case
from support.headgate import config

ROUTES = [
    {"match": {"host": "api.example.com", "path": "/v1"}, "cluster": "v1"},
    {"match": {"host": "api.example.com"}, "cluster": "api"},
    {"match": {"path": "/static"}, "cluster": "static"},
    {"match": {"host": "www.example.com"}, "cluster": "www"},
]


class Routing(Case):
    def setUp(self):
        super().setUp()
        names = ("v1", "api", "static", "www")
        backends = {name: self.rawBackend(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name.encode()))) for name in names}
        configuration = config([], listener={"routes": ROUTES})
        configuration["clusters"] = [{"name": name, "endpoints": [backend.endpoint()]} for name, backend in backends.items()]
        self.proxied = self.headgate(configuration)
        self.asker = self.client(self.proxied)

    def clusterOf(self, path, host):
        """The name of the cluster that answers; the reason if none does."""
        response = self.asker.get(path, host=host)
        return response.body.decode() if response.status == 200 else f"{response.status} {response.json()['reason']}"

    def test_the_host_decides(self):
        self.assertEqual(self.clusterOf("/", "api.example.com"), "api")
        self.assertEqual(self.clusterOf("/", "www.example.com"), "www")

    def test_a_host_matches_with_any_port_and_in_any_case(self):
        self.assertEqual(self.clusterOf("/", "API.Example.COM"), "api")
        self.assertEqual(self.clusterOf("/", "api.example.com:8080"), "api")
        self.assertEqual(self.clusterOf("/", "Www.example.com:80"), "www")

    def test_a_host_that_only_begins_or_ends_alike_does_not_match(self):
        for host in ("api.example.com.org", "my.api.example.com", "example.com", "api.example.comm"):
            self.assertEqual(self.clusterOf("/", host), "404 route_not_found", host)

    def test_a_path_prefix_ends_at_a_segment(self):
        for path, cluster in (("/v1", "v1"), ("/v1/", "v1"), ("/v1/x/y", "v1"), ("/v1?q=/v2", "v1"), ("/v10", "api"), ("/v", "api"), ("/x/v1", "api")):
            self.assertEqual(self.clusterOf(path, "api.example.com"), cluster, path)

    def test_a_path_is_matched_in_the_form_in_which_it_is_sent_on(self):
        for path, cluster in (("/x/../v1/y", "v1"), ("/%761", "v1"), ("/v1/../x", "api"), ("/V1", "api")):
            self.assertEqual(self.clusterOf(path, "api.example.com"), cluster, path)

    def test_a_route_without_a_host_is_for_all_hosts(self):
        self.assertEqual(self.clusterOf("/static/a.css", "anything.test"), "static")

    def test_what_no_route_matches_is_answered_404_and_logged(self):
        self.assertEqual(self.clusterOf("/", "other.test"), "404 route_not_found")
        record = self.proxied.logLines(1)[0]
        self.assertEqual((record["status"], record["details"], record["flags"]), (404, "route_not_found", ["NR"]))
        self.assertEqual((record["cluster"], record["upstream_host"], record["attempts"]), (None, None, []))

    def test_a_connection_goes_on_after_a_404(self):
        self.assertEqual(self.clusterOf("/", "other.test"), "404 route_not_found")
        self.assertEqual(self.clusterOf("/v1", "api.example.com"), "v1")

    def test_the_log_names_the_cluster(self):
        self.clusterOf("/v1", "api.example.com")
        self.assertEqual(self.proxied.logLines(1)[0]["cluster"], "v1")


class Conditions(Case):
    """Routes that more than host and path prefix decide; the body of the answer is the name of the cluster."""

    def start(self, **matches):
        backends = {name: self.rawBackend(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name.encode()))) for name in matches}
        configuration = config([], listener={"routes": [{"match": match, "cluster": name} for name, match in matches.items()]})
        configuration["clusters"] = [{"name": name, "endpoints": [backend.endpoint()]} for name, backend in backends.items()]
        self.asker = self.client(self.headgate(configuration))

    def ask(self, path="/", host="a.example", fields=(), method="GET"):
        response = self.asker.get(path, host=host, fields=fields, method=method)
        return response.body.decode() if response.status == 200 else response.status

    def test_the_more_specific_host_wins_wherever_it_stands(self):
        self.start(all={"host": "*"}, suffix={"host": "*.example"}, long={"host": "*.b.example"}, own={"host": "a.b.example"}, port={"host": "a.b.example:81"})
        for host, name in (("a.b.example", "own"), ("a.b.example:81", "port"), ("x.b.example", "long"), ("b.example", "suffix"), ("example", "all")):
            self.assertEqual(self.ask(host=host), name, host)

    def test_exact_paths_and_regular_expressions(self):
        self.start(exact={"path_exact": "/a"}, regex={"path_regex": "/a/[0-9]+"}, image={"path_regex": ".*\\.jpg"})
        for path, name in (("/a", "exact"), ("/a?b", "exact"), ("/a/", 404), ("/a/17", "regex"), ("/a/17x", 404), ("/a/17.jpg", "image"), ("/%61/1", "regex")):
            self.assertEqual(self.ask(path), name, path)

    def test_methods_headers_and_query(self):
        self.start(post={"methods": ["POST", "PURGE"]}, beta={"headers": {"X-Beta": {"regex": "[0-9]+"}}}, second={"query": {"v": "2"}},
                   rest={"headers": {"x-none": {"present": False}}})
        self.assertEqual(self.ask(method="PURGE"), "post")
        self.assertEqual(self.ask(fields=["x-bETA: 12"]), "beta")
        self.assertEqual(self.ask("/?a&v=2", fields=["X-Beta: twelve"]), "second")
        self.assertEqual(self.ask("/?v=3"), "rest")
        self.assertEqual(self.ask("/?v=3", fields=["X-None:"]), 404)


class FiltersOfARoute(Case):
    def test_a_route_can_turn_the_access_log_off(self):
        backend = self.rawBackend()
        routes = [{"match": {"path": "/health"}, "cluster": "app", "filters": {"access_log": "off"}}, {"cluster": "app"}]
        headgate = self.headgate(config([backend], listener={"routes": routes}))
        client = self.client(headgate)
        for path in ("/one", "/health", "/health/deep", "/two"):
            self.assertEqual(client.get(path).status, 200)
        self.assertEqual([line["path"] for line in headgate.logLines(2)], ["/one", "/two"])
