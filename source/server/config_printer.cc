#include "source/server/config_printer.h"

#include <optional>

#include "source/base/strings.h"

namespace headgate::server {
namespace {

// A string that stands for a number or a boolean may do so only as a reference (object.h), and then prints as one.
bool readsAsOtherType(const std::string& text) {
  return text == "true" || text == "false" || text.empty() || base::isDigit(text.front()) || text.front() == '-';
}

}  // namespace

void Printer::string(const config::Node& node) {
  if (node.reference() != nullptr && (node.secret() || readsAsOtherType(node.string()))) {
    raw(*node.reference());
  } else {
    value(node.string());
  }
}

void Printer::node(const config::Node& node) {
  switch (node.kind()) {
    case config::Node::Kind::Null: return null();
    case config::Node::Kind::Boolean: return value(node.boolean());
    case config::Node::Kind::Number:
      if (const std::optional<uint64_t> whole = node.integer()) return value(*whole);
      return value(node.number());
    case config::Node::Kind::String: return string(node);
    case config::Node::Kind::Array:
      writer_.beginArray();
      for (const config::Node& element : node.children()) this->node(element);
      writer_.endArray();
      return;
    case config::Node::Kind::Object:
      object([&] {
        for (const config::Node& child : node.children()) {
          key(child.key());
          this->node(child);
        }
      });
      return;
  }
}

}  // namespace headgate::server
