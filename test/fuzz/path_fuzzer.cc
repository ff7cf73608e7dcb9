// Any bytes as a request target: what is accepted is canonical, and stays as it is when it is normalised again.

#include "source/http/path.h"

#include "source/http/characters.h"
#include "test/fuzz/fuzz_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  const std::string target(fuzz::textOf(data, size));
  base::ChunkPool pool;
  base::Arena arena(pool);
  const auto once = http::normalizeTarget(target, arena);
  if (!once) {
    fuzz::require(once.error().code == base::ErrorCode::BadRequest && !once.error().message.empty(), "errors say why");
    return 0;
  }
  const std::string normal(*once);
  const auto twice = http::normalizeTarget(normal, arena);
  fuzz::require(twice && *twice == normal, "normalising twice is normalising once", normal);
  fuzz::require(twice->data() == normal.data(), "canonical text is not copied", normal);
  fuzz::require(normal.front() == '/' && normal.size() <= target.size(), "a path begins with a slash", normal);

  const size_t query = normal.find('?');
  const std::string path = normal.substr(0, query);
  for (const char c : normal) fuzz::require(http::is(c, http::kQueryChar), "targets are visible ASCII", normal);
  for (const char c : path) fuzz::require(http::is(c, http::kPathChar), "paths hold path characters", normal);
  const std::string framed = path + "/";
  fuzz::require(framed.find("/./") == std::string::npos && framed.find("/../") == std::string::npos, "no dot segments",
                normal);
  fuzz::require((query == std::string::npos ? "" : normal.substr(query)) ==
                    (target.find('?') == std::string::npos ? "" : target.substr(target.find('?'))),
                "the query stays as it is", normal);
  return 0;
}
