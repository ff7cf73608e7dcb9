// headgate-origin: a backend to try things with.

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <utility>

#include "source/event/loop.h"
#include "source/event/signals.h"
#include "tools/origin/origin.h"

namespace headgate::origin {
namespace {

int run(int argc, char** argv) {
  CLI::App app(
      "A backend to try Headgate with: /ping /headers /echo /status/{code} /delay/{ms} /bytes/{n} /drip /close /fail");
  std::string listen = "127.0.0.1:8081";
  std::string name;
  app.add_option("--listen", listen, "address to listen on, for example 127.0.0.1:8081 or unix:/run/origin.sock")
      ->capture_default_str();
  app.add_option("--name", name, "what X-Origin says; default: the address");
  CLI11_PARSE(app, argc, argv);

  const auto address = net::Address::parse(listen);
  if (!address) {
    std::fprintf(stderr, "headgate-origin: --listen: %s\n", address.error().message.c_str());
    return 2;
  }
  auto socket = net::listenOn(*address, false);
  if (!socket) {
    std::fprintf(stderr, "headgate-origin: %s\n", socket.error().message.c_str());
    return 1;
  }
  event::Signals::ignorePipe();
  event::Loop loop;
  const std::string bound = net::boundAddress(*socket, *address).text();
  if (name.empty()) name = bound;
  Origin origin(loop, std::move(*socket), name);
  std::fprintf(stderr, "origin \"%s\" listens on %s\n", name.c_str(), bound.c_str());
  event::Signals signals(loop);
  bool draining = false;
  const auto onSignal = [&] {
    if (std::exchange(draining, true)) return loop.stop();
    origin.drain();
  };
  signals.on(SIGTERM, onSignal);
  signals.on(SIGINT, onSignal);
  loop.run();
  return 0;
}

}  // namespace
}  // namespace headgate::origin

int main(int argc, char** argv) { return headgate::origin::run(argc, argv); }
