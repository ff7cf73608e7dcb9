#pragma once
// A PostgreSQL of a test's own.

#include <sys/types.h>

#include <string>
#include <vector>

namespace headgate::test {

/// The server of the Debian package postgresql-15 with its files in a folder under /tmp, reached by a Unix socket
/// there, run as the user postgres when the test is root. Stopped and removed at the end; it also ends with the test's
/// process. Nothing is synced: what a test commits survives the death of the server, not of the machine.
class PostgresServer {
 public:
  /// Makes the folder and starts the server; aborts the program if that fails.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The one that all tests of the program share, started at the first call.
  static PostgresServer& shared();

  /// Returns when the server takes connections.
  void start();
  /// `pg_ctl stop -m immediate`: as after a crash. Returns when the process has ended.
  void kill();
  /// Stops its processes where they are, so that it takes connections and answers nothing; `thaw` lets them go on.
  void freeze();
  void thaw();

  /// Of a new, empty database.
  [[nodiscard]] std::string newDatabase();
  /// Of the database "postgres".
  [[nodiscard]] std::string dsn() const { return dsnOf("postgres"); }

 private:
  [[nodiscard]] std::string dsnOf(const std::string& database) const;
  void signalAll(int signal) const;

  std::string folder_;
  pid_t pid_ = -1;
  int databases_ = 0;
};

}  // namespace headgate::test
