#include "filters/ip_access/config.h"

#include <fmt/format.h>

#include "filters/ip_access/filter.h"

namespace headgate::filters::ip_access {
namespace {

std::vector<Block> readBlocks(config::Object& object, std::string_view key) {
  std::vector<Block> blocks;
  object.forEach(key, [&](const config::Node& element) {
    if (element.unresolved()) return;
    const base::Result<Block> block = Block::parse(element.string());
    if (block) {
      blocks.push_back(*block);
    } else {
      object.errors().add(element, fmt::format("expected {}, got {}", block.error().message, element.describe()));
    }
  });
  return blocks;
}

}  // namespace

std::shared_ptr<const Options> readOptions(config::Object& object) {
  enum class Verdict : uint8_t { Auto, Allow, Deny };
  auto options = std::make_shared<Options>();
  const std::vector<Block> allow = readBlocks(object, "allow");
  const std::vector<Block> deny = readBlocks(object, "deny");
  const auto verdict =
      object.choice<Verdict>("default", Verdict::Auto, {{"allow", Verdict::Allow}, {"deny", Verdict::Deny}});
  options->peer = object.choice<bool>("address", false, {{"client", false}, {"peer", true}});
  if (!object.has("allow") && !object.has("deny") && verdict == Verdict::Auto) {
    object.error("expected \"allow\", \"deny\" or both: without them every address is allowed");
  }
  // Who lists friends means that others are none.
  const bool otherwise = verdict == Verdict::Auto ? allow.empty() && !object.has("allow") : verdict == Verdict::Allow;
  options->list = AccessList::build(allow, deny, otherwise);
  return options;
}

std::unique_ptr<api::WorkerFilter> IpAccessFactory::makeWorkerFilter(const api::WorkerContext& context) const {
  return std::make_unique<WorkerIpAccess>(options_, context.stats);
}

}  // namespace headgate::filters::ip_access
