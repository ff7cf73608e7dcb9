#pragma once
// The way back to the caller: a handle that outlives the connection.

#include <functional>
#include <memory>
#include <string>

#include "admin/answer.h"

namespace headgate::admin {

class Call;

/// Gives one answer, now or later, from main. Copied freely; when the caller has gone meanwhile the answer goes
/// nowhere, but what was done is still in the audit log. A responder that is forgotten leaves its caller without an
/// answer until its connection is closed.
class Responder {
 public:
  /// Appends the next piece to `out` (about kPiece bytes); false: that was the last one. Called on main, once a turn at
  /// most, while the caller takes the bytes.
  using Producer = std::function<bool(std::string& out)>;
  static constexpr size_t kPiece = 64 * 1024;

  explicit Responder(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  /// Only the first answer counts. A body over kPiece goes out piece by piece.
  void send(Answer answer) const;
  /// An answer whose body is made while it is sent; `head.body` is its beginning.
  void stream(Answer head, Producer producer) const;
  /// What the audit line adds: "capacity 100 -> 200". Before the answer.
  void note(std::string text) const;
  /// Whether somebody still waits for the answer.
  [[nodiscard]] bool wanted() const;

 private:
  std::shared_ptr<Call> call_;
};

}  // namespace headgate::admin
