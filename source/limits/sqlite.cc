#include "source/limits/sqlite.h"

#include <fmt/format.h>

#include <utility>

namespace headgate::limits::sqlite {
namespace {

bool mayPass(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT: return true;
    default: return false;
  }
}

std::string_view hintOf(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY: return " (another process holds the lock)";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return " (restore it from a backup, or move it away to start with an empty one)";
    case SQLITE_READONLY: return " (file and folder must be writable)";
    default: return "";
  }
}

}  // namespace

base::Error errorOf(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  const char* path = sqlite3_db_filename(database, "main");
  // SQLite's words for SQLITE_CANTOPEN do not say why.
  const int system = (code & 0xff) == SQLITE_CANTOPEN ? sqlite3_system_errno(database) : 0;
  std::string what = sqlite3_errmsg(database);
  if (system != 0) what = base::ioError(what, system).message;
  return {base::ErrorCode::Io, base::ErrorSource::Local, mayPass(code),
          fmt::format("{}{}{}{}", path != nullptr ? path : "", path != nullptr ? ": " : "", what, hintOf(code))};
}

Statement& Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, int64_t number) {
  sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

Statement& Statement::bind(int index, double number) {
  sqlite3_bind_double(statement_.get(), index, number);
  return *this;
}

base::Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  base::Error error = errorOf(sqlite3_db_handle(statement_.get()));
  reset();
  return tl::unexpected(std::move(error));
}

base::Status Statement::run() {
  const auto row = step();
  if (!row) return tl::unexpected(row.error());
  reset();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text != nullptr ? text : "", static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

base::Result<Database> Database::open(const std::string& path, Create create) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create == Create::Yes ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw);
  if (code == SQLITE_OK) {
    sqlite3_extended_result_codes(raw, 1);
    return database;
  }
  base::Error error{base::ErrorCode::Io, base::ErrorSource::Local, false, path + ": out of memory"};
  if (raw != nullptr) error = errorOf(raw);
  if (!error.message.starts_with(path)) error.message = path + ": " + error.message;
  return tl::unexpected(std::move(error));
}

base::Status Database::exec(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return tl::unexpected(errorOf(database_.get()));
}

base::Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(errorOf(database_.get()));
  return Statement(statement);
}

base::Result<int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

}  // namespace headgate::limits::sqlite
