"""The files for containers fit each other and the program, as far as that shows without an engine."""

import re

import yaml

from support import environment
from support.case import Case

COMPOSE = yaml.safe_load((environment.ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (environment.ROOT / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = (environment.ROOT / ".env.example").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(\w+)(:[-?][^}]*)?\}")


class Compose(Case):
    def test_every_service_is_built_from_a_stage_or_is_an_image(self):
        stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.M))
        for name, service in COMPOSE["services"].items():
            with self.subTest(name):
                self.assertEqual(len({"build", "image"} & set(service)), 1)
                if "build" in service:
                    self.assertIn(service["build"]["target"], stages)

    def test_services_wait_for_services_that_can_say_that_they_are_well(self):
        for name, service in COMPOSE["services"].items():
            for other, how in service.get("depends_on", {}).items():
                with self.subTest(f"{name} -> {other}"):
                    self.assertIn(other, COMPOSE["services"])
                    if how["condition"] == "service_healthy":
                        self.assertIn("healthcheck", COMPOSE["services"][other])

    def test_volumes_are_declared_and_all_are_used(self):
        used = {volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", [])}
        self.assertEqual(used, set(COMPOSE["volumes"]))

    def test_the_example_names_every_variable_and_secrets_have_no_default(self):
        variables = {name: default or "" for name, default in VARIABLE.findall(str(COMPOSE))}
        self.assertEqual(set(variables), set(re.findall(r"^(\w+)=", EXAMPLE, re.M)))
        for name in re.findall(r"^(\w+)=$", EXAMPLE, re.M):
            self.assertTrue(variables[name].startswith(":?"), name)

    def test_nothing_is_published_beyond_this_machine(self):
        for name, service in COMPOSE["services"].items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")

    def test_the_proxy_gets_its_database_and_its_config(self):
        headgate = COMPOSE["services"]["headgate"]
        self.assertIn(f"configs/compose.json {headgate['environment']['HEADGATE_CONFIG']}", DOCKERFILE)
        config = (environment.ROOT / "configs/compose.json").read_text(encoding="utf-8")
        for name in ("HEADGATE_ADMIN_TOKEN", "DATABASE_URL", "HEADGATE_NODE"):
            self.assertIn("${%s:-" % name, config)
            self.assertIn(name, headgate["environment"])
        for origin in re.findall(r"origin-\d", config):
            self.assertIn(f"unix:/run/headgate/{origin}.sock", COMPOSE["services"][origin]["command"])


class Image(Case):
    def test_runs_as_nobody_special_and_says_when_it_is_well(self):
        final = DOCKERFILE[DOCKERFILE.index("FROM runtime AS headgate"):]
        self.assertIn("\nUSER headgate\n", DOCKERFILE)
        self.assertNotIn("USER", final)
        self.assertIn('CMD ["headgate", "healthcheck"]', final)
        self.assertNotIn("setcap", DOCKERFILE)

    def test_what_it_copies_exists_and_is_in_the_build_context(self):
        ignored = (environment.ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        for source in re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.M):
            with self.subTest(source):
                self.assertTrue((environment.ROOT / source).exists())
                self.assertNotIn(source.split("/")[0], [] if source == "." else ignored)

    def test_the_state_lasts_in_a_directory_of_its_user(self):
        self.assertIn("STATE_DIRECTORY=/var/lib/headgate", DOCKERFILE)
        self.assertRegex(DOCKERFILE, r"install -d -o headgate -g headgate .*/var/lib/headgate")
