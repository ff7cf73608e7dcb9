#include "source/config/loader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "source/base/strings.h"
#include "source/config/parser.h"
#include "source/config/utf8.h"

namespace headgate::config {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;
constexpr std::string_view kFilePrefix = "file:";

bool isVariableName(std::string_view name) {
  const auto isPart = [](char c) {
    return base::isDigit(c) || c == '_' || (base::lower(c) >= 'a' && base::lower(c) <= 'z');
  };
  return !name.empty() && !base::isDigit(name.front()) && std::all_of(name.begin(), name.end(), isPart);
}

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

struct Filled {
  std::string text;
  bool fromOutside = false;  ///< not a default written in the document
};

// Fills in the strings of one document.
class Substitution {
 public:
  Substitution(const ReferenceSources& sources, Errors& errors) : sources_(sources), errors_(errors) {}

  void walk(Node& node) {
    if (node.isString() && node.string().find("${") != std::string::npos) fill(node);
    for (Node& child : node.mutableChildren()) walk(child);
  }

 private:
  void fill(Node& node) {
    const base::Result<Filled> filled = expand(node.string());
    if (filled) {
      node.substitute(filled->text, filled->fromOutside);
    } else {
      errors_.add(node, filled.error().message);
      node.markUnresolved();
    }
  }

  base::Result<Filled> expand(std::string_view text) {
    Filled result;
    while (!text.empty()) {
      if (text.starts_with("$${")) {
        result.text += "${";
        text.remove_prefix(3);
      } else if (text.starts_with("${")) {
        const size_t end = text.find('}');
        if (end == std::string_view::npos)
          return refuse("a reference without its closing '}'; \"$${\" stands for a plain \"${\"");
        const base::Result<Filled> value = look(text.substr(2, end - 2));
        if (!value) return tl::unexpected(value.error());
        result.text += value->text;
        result.fromOutside |= value->fromOutside;
        text.remove_prefix(end + 1);
        total_ += value->text.size();
        if (total_ > kConfigFile.maxBytes)
          return refuse("the references of this document stand for more than 16MiB of text");
      } else {
        const size_t next = std::min(text.find('$', 1), text.size());
        result.text += text.substr(0, next);
        text.remove_prefix(next);
      }
    }
    return result;
  }

  base::Result<Filled> look(std::string_view reference) {
    if (reference.starts_with(kFilePrefix)) return lookInFile(std::string(reference.substr(kFilePrefix.size())));
    const size_t colon = reference.find(":-");
    const std::string_view name = reference.substr(0, colon);
    if (!isVariableName(name)) {
      return refuse(fmt::format(
          "expected ${{VAR}}, ${{VAR:-default}} or ${{file:/path}}, got {}; \"$${{\" stands for a plain \"${{\"",
          quotedText(fmt::format("${{{}}}", reference))));
    }
    std::optional<std::string> value = sources_.variable(name);
    if (colon != std::string_view::npos) {
      const std::string_view fallback = reference.substr(colon + 2);
      if (fallback.find("${") != std::string_view::npos)
        return refuse("a reference within the default of another; they do not nest");
      if (!value || value->empty()) return Filled{std::string(fallback), false};
    }
    if (!value)
      return refuse(fmt::format("the variable {} is not set; set it, or give it a default: ${{{}:-...}}", name, name));
    return check(std::move(*value), fmt::format("the variable {}", name));
  }

  base::Result<Filled> lookInFile(const std::string& path) {
    if (path.empty()) return refuse("expected a path in ${file:/path}, got \"${file:}\"");
    base::Result<std::string> contents = sources_.file(path);
    if (!contents) return refuse(fmt::format("{} {}", path, contents.error().message));
    if (contents->ends_with('\n')) contents->pop_back();
    if (contents->ends_with('\r')) contents->pop_back();
    return check(std::move(*contents), path);
  }

  static base::Result<Filled> check(std::string value, std::string_view origin) {
    if (value.find('\0') != std::string::npos || !isUtf8(value))
      return refuse(fmt::format("{} does not hold UTF-8 text", origin));
    return Filled{std::move(value), true};
  }

  const ReferenceSources& sources_;
  Errors& errors_;
  size_t total_ = 0;
};

}  // namespace

ReferenceSources ReferenceSources::ofProcess() {
  ReferenceSources sources;
  sources.variable = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  sources.file = [](const std::string& path) { return readFile(path, kMaxSecretBytes); };
  return sources;
}

void substituteReferences(Node& root, const ReferenceSources& sources, Errors& errors) {
  Substitution(sources, errors).walk(root);
}

std::string escapeReferences(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) out += '$';
    out += text[i];
  }
  return out;
}

Document loadText(std::string name, std::string_view text, const ReferenceSources& sources) {
  Document document;
  document.errors = Errors(std::move(name), text);
  document.root = parseJsonc(text, document.errors);
  if (document.root) substituteReferences(*document.root, sources, document.errors);
  return document;
}

Document loadFile(const std::string& path, const ReferenceSources& sources) {
  const base::Result<std::string> text = readFile(path, kConfigFile.maxBytes);
  if (text) return loadText(path, *text, sources);
  Document document;
  document.errors.addGlobal(path, text.error().message);
  return document;
}

base::Result<std::string> readFile(const std::string& path, size_t maxBytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(base::ioError("cannot be read", errno));
  std::string contents;
  while (contents.size() <= maxBytes) {
    constexpr size_t kChunk = 64 << 10;
    const size_t before = contents.size();
    contents.resize(before + kChunk);
    const ssize_t count = ::read(fd, contents.data() + before, kChunk);
    const int error = errno;
    contents.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && error == EINTR) continue;
    if (count < 0) {
      ::close(fd);
      return tl::unexpected(base::ioError("cannot be read", error));
    }
    if (count == 0) break;
  }
  ::close(fd);
  if (contents.size() > maxBytes) {
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Config,
                      fmt::format("cannot be read: it has more than {} bytes", maxBytes));
  }
  return contents;
}

}  // namespace headgate::config
