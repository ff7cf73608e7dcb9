#pragma once
// SQLite as values: a database, statements, and errors that say what to do.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/base/error.h"

namespace headgate::limits::sqlite {

/// A prepared statement; reused after `reset`. Texts that are bound must live until the next `reset`. Its Database
/// outlives it.
class Statement {
 public:
  Statement() = default;

  /// Indices start at 1.
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, int64_t number);
  Statement& bind(int index, uint64_t number) { return bind(index, static_cast<int64_t>(number)); }
  Statement& bind(int index, double number);

  /// Whether there is a row. The statement is reset after the last row and after an error.
  [[nodiscard]] base::Result<bool> step();
  /// For statements without rows.
  [[nodiscard]] base::Status run();
  void reset();

  /// Columns of the row, from 0; a text is valid until the next step or reset.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

/// A connection to one file. The store thread's.
class Database {
 public:
  enum class Create : bool { No, Yes };

  /// Does not touch the file's contents yet.
  [[nodiscard]] static base::Result<Database> open(const std::string& path, Create create);

  /// Statements without parameters, separated by semicolons.
  [[nodiscard]] base::Status exec(const char* sql);
  [[nodiscard]] base::Result<Statement> prepare(std::string_view sql);
  /// The first column of the only row.
  [[nodiscard]] base::Result<int64_t> number(std::string_view sql);
  /// Whether a transaction is open.
  [[nodiscard]] bool inTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }
  [[nodiscard]] sqlite3* raw() { return database_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Closer> database_;
};

/// The last error of a database, with its path (once it is open); retryable when it may pass (locked, full, out of
/// memory, an I/O error).
[[nodiscard]] base::Error errorOf(sqlite3* database);

}  // namespace headgate::limits::sqlite
