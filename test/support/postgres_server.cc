#include "test/support/postgres_server.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace headgate::test {
namespace {

const std::string kPrograms = "/usr/lib/postgresql/15/bin/";

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "postgres_server: %s\n", what.c_str());
  std::abort();
}

/// Runs a program as an unprivileged user that ends when we do.
pid_t spawn(std::vector<std::string> command, const std::string& log) {
  std::vector<std::string> words = {"setpriv", "--pdeathsig", "QUIT"};
  if (::geteuid() == 0) words.insert(words.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string textOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run(const std::vector<std::string>& command, const std::string& log) {
  const pid_t pid = spawn(command, log);
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0) die(command[0] + " failed: " + textOf(log));
}

std::string newFolder() {
  char pattern[] = "/tmp/headgate-postgres-XXXXXX";
  if (::mkdtemp(pattern) == nullptr || ::chmod(pattern, 0777) != 0) die("no folder under /tmp");
  return pattern;
}

/// An empty cluster of databases, made once a program.
struct Template {
  Template() : folder(newFolder()) {
    run({kPrograms + "initdb", "-D", folder + "/data", "-A", "trust", "-U", "headgate", "-E", "UTF8", "--locale", "C",
         "--no-sync"},
        folder + "/initdb.log");
  }
  ~Template() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;

  const std::string folder;
};

}  // namespace

PostgresServer::PostgresServer() : folder_(newFolder()) {
  // initdb takes seconds; what it made is copied for the servers after the first.
  static const Template made;
  run({"cp", "-a", made.folder + "/data", folder_ + "/data"}, folder_ + "/copy.log");
  start();
}

PostgresServer::~PostgresServer() {
  if (pid_ > 0) kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

PostgresServer& PostgresServer::shared() {
  static const std::unique_ptr<PostgresServer> server = std::make_unique<PostgresServer>();
  return *server;
}

void PostgresServer::start() {
  const std::string log = folder_ + "/server.log";
  pid_ = spawn({kPrograms + "postgres", "-D", folder_ + "/data", "-k", folder_, "-c", "listen_addresses=", "-c",
                "fsync=off", "-c", "max_connections=40", "-c", "shared_buffers=32MB"},
               log);
  while (PQping(dsn().c_str()) != PQPING_OK) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) die("the server ended: " + textOf(log));
    ::poll(nullptr, 0, 20);
  }
}

void PostgresServer::kill() {
  ::kill(pid_, SIGQUIT);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PostgresServer::freeze() { signalAll(SIGSTOP); }

void PostgresServer::thaw() { signalAll(SIGCONT); }

// The server's processes are its children, and have no others.
void PostgresServer::signalAll(int signal) const {
  std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
  pid_t child = 0;
  if (signal == SIGSTOP) ::kill(pid_, signal);
  while (children >> child) ::kill(child, signal);
  if (signal == SIGCONT) ::kill(pid_, signal);
}

std::string PostgresServer::newDatabase() {
  const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
  PGconn* connection = PQconnectdb(dsn().c_str());
  PGresult* result = PQexec(connection, ("CREATE DATABASE " + name + " TEMPLATE template0").c_str());
  if (PQresultStatus(result) != PGRES_COMMAND_OK) die(PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
  return dsnOf(name);
}

std::string PostgresServer::dsnOf(const std::string& database) const {
  return "host=" + folder_ + " user=headgate dbname=" + database;
}

}  // namespace headgate::test
