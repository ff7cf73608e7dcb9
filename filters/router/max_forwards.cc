#include "filters/router/max_forwards.h"

#include <charconv>

#include "source/base/strings.h"

namespace headgate::filters::router {

bool endsHere(http::MessageHead& head) {
  if (head.method != http::Method::Options && head.method != http::Method::Trace) return false;
  if (head.path == "*") return true;
  const auto left = base::parseDecimal(head.headers.get("max-forwards"));
  if (!left) return false;
  if (*left == 0) return true;
  constexpr size_t kDigits = 20;
  char* text = head.headers.arena().array<char>(kDigits);
  const auto end = std::to_chars(text, text + kDigits, *left - 1).ptr;
  head.headers.set("max-forwards", {text, static_cast<size_t>(end - text)});
  return false;
}

}  // namespace headgate::filters::router
