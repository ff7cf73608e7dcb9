#pragma once
// libpq as values: a connection, results, and errors that say what to do.

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "source/base/error.h"

namespace headgate::limits::postgres {

/// The rows of an answer.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}
  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  /// Valid as long as the Rows.
  [[nodiscard]] std::string_view text(int row, int column) const;
  [[nodiscard]] int64_t integer(int row, int column) const;
  [[nodiscard]] double real(int row, int column) const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

/// A parameter as text, which the server reads by the type that the statement names.
class Parameter {
 public:
  explicit(false) Parameter(std::string text) : text_(std::move(text)) {}
  explicit(false) Parameter(std::string_view text) : text_(text) {}
  explicit(false) Parameter(int64_t number) : text_(std::to_string(number)) {}
  explicit(false) Parameter(uint64_t number) : text_(std::to_string(number)) {}
  [[nodiscard]] const char* get() const { return text_.c_str(); }

 private:
  std::string text_;
};

/// One column of many rows as an array parameter: `{"a","b"}`.
class ArrayText {
 public:
  void add(std::string_view text);
  void add(int64_t number);
  void add(double number);
  [[nodiscard]] std::string take() { return std::move(text_) + (empty_ ? "{}" : "}"); }

 private:
  void separate();

  std::string text_;
  bool empty_ = true;
};

/// One session. Every call waits for the server, at most `patience`, after which the session is given up: a server that
/// is stopped, or a peer that vanished without a word, holds up the store thread for no longer. The store thread's.
class Connection {
 public:
  /// Above the server's own statement_timeout (see PostgresStore), which says more.
  static constexpr std::chrono::milliseconds kPatience{12'000};

  /// What is wrong with a dsn, or nothing; it need not lead anywhere.
  [[nodiscard]] static std::optional<std::string> problemOf(const std::string& dsn);
  /// For dumps: as it is when it holds no password, else the same in words with "***" for it; "" if it is malformed.
  [[nodiscard]] static std::string redacted(const std::string& dsn);

  /// Gives up after 3 s for each address of the server, unless the dsn sets connect_timeout itself.
  [[nodiscard]] static base::Result<Connection> open(const std::string& dsn,
                                                     std::chrono::milliseconds patience = kPatience);

  /// One statement with parameters $1, $2 ... An error while the session lives on leaves the session usable.
  [[nodiscard]] base::Result<Rows> query(const std::string& sql, std::initializer_list<Parameter> parameters = {});
  /// Several statements without parameters or answers.
  [[nodiscard]] base::Status exec(const std::string& sql);

  [[nodiscard]] int descriptor() const { return PQsocket(connection_.get()); }
  /// Reads what has come and drops the notifications: whether one was of another session. An error when this one is
  /// lost.
  [[nodiscard]] base::Result<bool> takeNotifications();
  [[nodiscard]] bool inTransaction() const;

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  Connection(PGconn* connection, std::chrono::milliseconds patience) : connection_(connection), patience_(patience) {}
  [[nodiscard]] base::Result<Rows> answer(bool sent);
  [[nodiscard]] base::Status await();
  [[nodiscard]] base::Error lastError() const;

  std::unique_ptr<PGconn, Finish> connection_;  ///< null: given up
  std::chrono::milliseconds patience_;
};

}  // namespace headgate::limits::postgres
