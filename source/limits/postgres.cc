#include "source/limits/postgres.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "source/base/strings.h"

namespace headgate::limits::postgres {
namespace {

// libpq's own default waits for minutes.
constexpr std::array<std::pair<const char*, const char*>, 2> kDefaults{
    {{"connect_timeout", "3"}, {"fallback_application_name", "headgate"}}};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string oneLine(const char* message) {
  std::string text(base::trim(message));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text.replace(at, 1, "; ");
  return text;
}

Options parse(const std::string& dsn, std::string* problem) {
  char* error = nullptr;
  Options options(PQconninfoParse(dsn.c_str(), &error));
  if (problem != nullptr && error != nullptr) *problem = oneLine(error);
  PQfreemem(error);
  return options;
}

bool isSecret(const PQconninfoOption& option) {
  // "*" is libpq's mark of what is not to be shown; sslpassword has it as well.
  return option.dispchar != nullptr && option.dispchar[0] == '*';
}

}  // namespace

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::integer(int row, int column) const {
  const std::string_view value = text(row, column);
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

double Rows::real(int row, int column) const {
  const std::string_view value = text(row, column);
  double number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

void ArrayText::separate() {
  text_ += empty_ ? '{' : ',';
  empty_ = false;
}

void ArrayText::add(std::string_view text) {
  separate();
  text_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

void ArrayText::add(int64_t number) {
  separate();
  text_ += std::to_string(number);
}

// The shortest text that reads back as the same number.
void ArrayText::add(double number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

std::optional<std::string> Connection::problemOf(const std::string& dsn) {
  std::string problem;
  if (parse(dsn, &problem)) return std::nullopt;
  // libpq repeats what it did not understand, and that may be the password.
  return "expected a connection string such as \"postgres://user@host/database\"";
}

std::string Connection::redacted(const std::string& dsn) {
  const Options options = parse(dsn, nullptr);
  std::string text;
  bool secret = false;
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val == nullptr || option->val[0] == '\0') continue;
    if (!text.empty()) text += ' ';
    secret = secret || isSecret(*option);
    text += fmt::format("{}='", option->keyword);
    for (const char c : std::string_view(isSecret(*option) ? "***" : option->val)) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += '\'';
  }
  return secret || !options ? text : dsn;
}

base::Result<Connection> Connection::open(const std::string& dsn, std::chrono::milliseconds patience) {
  // Earlier words are defaults for later ones; the dsn is expanded where "dbname" stands.
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : kDefaults) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  keywords.insert(keywords.end(), {"dbname", nullptr});
  values.insert(values.end(), {dsn.c_str(), nullptr});
  Connection connection(PQconnectdbParams(keywords.data(), values.data(), 1), patience);
  PGconn* raw = connection.connection_.get();
  if (raw == nullptr) return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "postgres: out of memory", true);
  if (PQstatus(raw) != CONNECTION_OK) return tl::unexpected(connection.lastError());
  // A server that reads no more must not hold us in a send: await() sends the rest.
  if (PQsetnonblocking(raw, 1) != 0) return tl::unexpected(connection.lastError());
  // Notices ("there is no transaction in progress") are for nobody.
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  return connection;
}

base::Result<Rows> Connection::query(const std::string& sql, std::initializer_list<Parameter> parameters) {
  std::vector<const char*> values;
  for (const Parameter& parameter : parameters) values.push_back(parameter.get());
  return answer(PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                  values.data(), nullptr, nullptr, 0) == 1);
}

base::Status Connection::exec(const std::string& sql) {
  const auto rows = answer(PQsendQuery(connection_.get(), sql.c_str()) == 1);
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

// The last result, or the error of the first that failed; libpq wants all of them to be taken.
base::Result<Rows> Connection::answer(bool sent) {
  if (!sent) return tl::unexpected(lastError());
  Rows last(nullptr);
  std::optional<base::Error> error;
  while (true) {
    if (auto come = await(); !come) return tl::unexpected(come.error());
    PGresult* result = PQgetResult(connection_.get());
    if (result == nullptr) break;
    last = Rows(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !error) error = lastError();
    if (PQstatus(connection_.get()) == CONNECTION_BAD) break;
  }
  if (error) return tl::unexpected(*error);
  return last;
}

// Until PQgetResult would not block.
base::Status Connection::await() {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (true) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return tl::unexpected(lastError());
    if (unsent == 0 && PQisBusy(connection_.get()) == 0) return {};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd socket{PQsocket(connection_.get()), static_cast<short>(POLLIN | (unsent > 0 ? POLLOUT : 0)), 0};
    const int ready = left.count() > 0 ? ::poll(&socket, 1, static_cast<int>(left.count())) : 0;
    if (ready == 0) {
      // Whatever comes later belongs to a question that nobody remembers.
      connection_.reset();
      return base::fail(base::ErrorCode::Io, base::ErrorSource::Local,
                        fmt::format("postgres: no answer within {} ms", patience_.count()), true);
    }
    if (ready > 0 && PQconsumeInput(connection_.get()) == 0) return tl::unexpected(lastError());
  }
}

base::Result<bool> Connection::takeNotifications() {
  if (!connection_) return tl::unexpected(lastError());
  if (PQconsumeInput(connection_.get()) == 0) return tl::unexpected(lastError());
  bool foreign = false;
  while (PGnotify* notification = PQnotifies(connection_.get())) {
    foreign = foreign || notification->be_pid != PQbackendPID(connection_.get());
    PQfreemem(notification);
  }
  return foreign;
}

bool Connection::inTransaction() const {
  // Null: PQTRANS_UNKNOWN.
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

// libpq takes a null session in all calls, and says that there is none. Whatever the server says may pass: it restarts,
// fails over, is full, is given rights.
base::Error Connection::lastError() const {
  std::string message = oneLine(PQerrorMessage(connection_.get()));
  if (message.empty()) message = "the connection was lost";
  return {base::ErrorCode::Io, base::ErrorSource::Local, true, "postgres: " + message};
}

}  // namespace headgate::limits::postgres
