#include "filters/compress/negotiation.h"

#include <algorithm>

#include "source/base/strings.h"

namespace headgate::filters::compress {
namespace {

constexpr int kUnsaid = -1;

// The weights of one request; kUnsaid where it says nothing.
struct Weights {
  std::array<int, kCodings> codings{kUnsaid, kUnsaid, kUnsaid};
  int identity = kUnsaid;
  int any = kUnsaid;

  void read(std::string_view element) {
    const size_t semicolon = std::min(element.find(';'), element.size());
    std::string_view name = base::trim(element.substr(0, semicolon));
    const int q = weight(element.substr(semicolon));
    if (base::equalsIgnoreCase(name, "x-gzip")) name = "gzip";
    if (base::equalsIgnoreCase(name, "identity")) identity = q;
    if (name == "*") any = q;
    for (size_t i = 0; i < kCodings; ++i) {
      if (base::equalsIgnoreCase(name, kCodingFacts[i].token)) codings[i] = q;
    }
  }
};

}  // namespace

int weight(std::string_view parameters) {
  parameters = base::trim(parameters);
  if (parameters.empty()) return 1000;
  parameters = base::trim(parameters.substr(1));
  if (parameters.size() < 3 || base::lower(parameters[0]) != 'q' || parameters[1] != '=') return 0;
  parameters.remove_prefix(2);
  if (parameters.size() > 5 || (parameters.size() > 1 && parameters[1] != '.')) return 0;
  if (parameters[0] != '0' && parameters[0] != '1') return 0;
  int value = (parameters[0] - '0') * 1000;
  int place = 100;
  for (const char c : parameters.substr(std::min<size_t>(2, parameters.size()))) {
    if (!base::isDigit(c)) return 0;
    value += (c - '0') * place;
    place /= 10;
  }
  return value > 1000 ? 0 : value;
}

std::optional<Coding> negotiate(const http::HeaderList& request, std::span<const Coding> offered) {
  Weights weights;
  for (const http::Header& header : request) {
    if (header.id != http::HeaderName::AcceptEncoding) continue;
    base::forEachListElement(header.value, [&](std::string_view element) { weights.read(element); });
  }
  std::optional<Coding> best;
  int bestWeight = 0;
  for (const Coding coding : offered) {
    const int said = weights.codings[static_cast<size_t>(coding)];
    const int q = said == kUnsaid ? weights.any : said;
    if (q <= bestWeight) continue;
    best = coding;
    bestWeight = q;
  }
  if (weights.identity > bestWeight) return std::nullopt;
  return best;
}

}  // namespace headgate::filters::compress
