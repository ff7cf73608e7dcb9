#include "source/proxy/route_filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/config/loader.h"
#include "source/proxy/listener_config.h"

namespace headgate::proxy {
namespace {

using testing::HasSubstr;

class NamedFactory final : public api::FilterFactory {
 public:
  explicit NamedFactory(std::string_view name) : name_(name) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext&) const override {
    return nullptr;
  }

 private:
  const std::string_view name_;
};

template <const char* kName>
std::shared_ptr<const api::FilterFactory> make(config::Object& /*options*/) {
  return std::make_shared<NamedFactory>(kName);
}

struct Toll final : api::RouteOptions {
  uint32_t cost = 1;
};

std::shared_ptr<const api::RouteOptions> readToll(config::Object& options) {
  auto toll = std::make_shared<Toll>();
  toll->cost = options.integer32("cost", toll->cost, 1, 1000);
  return toll;
}

constexpr char kTollName[] = "toll";
constexpr char kPlainName[] = "plain";
constexpr char kSpareName[] = "spare";
constexpr char kEndName[] = "end";
const api::FilterRegistration kToll({kTollName, false, make<kTollName>, readToll});
const api::FilterRegistration kPlain({kPlainName, false, make<kPlainName>});
const api::FilterRegistration kSpare({kSpareName, false, make<kSpareName>});
const api::FilterRegistration kEnd({kEndName, true, make<kEndName>});

struct Reading {
  ListenerConfig listener;
  std::string mistakes;
};

/// A listener with the chain plain, toll, plain, end and a route that says `filters`.
Reading read(
    const std::string& filters,
    const std::string& chain = R"([{"name": "plain"}, {"name": "toll"}, {"name": "plain"}, {"name": "end"}])") {
  const std::string text =
      R"({"address": ":80", "filters": )" + chain + R"(, "routes": [{"cluster": "a", "filters": )" + filters + "}]}";
  config::Document document = config::loadText("t", text, {});
  Reading reading;
  config::Object object(*document.root, document.errors);
  reading.listener = readListenerConfig(object);
  reading.mistakes = document.errors.text();
  return reading;
}

TEST(RouteFilters, AreReadByTheFiltersOwnType) {
  const Reading reading = read(R"({"toll": {"cost": 5}})");
  EXPECT_EQ(reading.mistakes, "");
  const auto& filters = reading.listener.routes.at(0).filters;
  ASSERT_EQ(filters.size(), 4u);
  ASSERT_NE(filters[1].options, nullptr);
  EXPECT_EQ(static_cast<const Toll&>(*filters[1].options).cost, 5u);
  EXPECT_FALSE(filters[1].off);
  EXPECT_EQ(filters[0].options, nullptr);
}

TEST(RouteFilters, OffHoldsForEveryFilterOfTheName) {
  const Reading reading = read(R"({"plain": "off"})");
  EXPECT_EQ(reading.mistakes, "");
  const auto& filters = reading.listener.routes.at(0).filters;
  ASSERT_EQ(filters.size(), 4u);
  EXPECT_TRUE(filters[0].off);
  EXPECT_FALSE(filters[1].off);
  EXPECT_TRUE(filters[2].off);
  EXPECT_FALSE(filters[3].off);
}

TEST(RouteFilters, SayNothingWhenAbsentNullOrEmpty) {
  for (const char* nothing : {"null", "{}", R"({"toll": null})"}) {
    const Reading reading = read(nothing);
    EXPECT_EQ(reading.mistakes, "") << nothing;
    EXPECT_TRUE(reading.listener.routes.at(0).filters.empty()) << nothing;
  }
}

TEST(RouteFilters, MistakesAreFoundByTheFiltersOwnType) {
  EXPECT_THAT(read(R"({"toll": {"cost": 0}})").mistakes,
              HasSubstr("/routes/0/filters/toll/cost: expected a whole number from 1 to 1000, got 0"));
  EXPECT_THAT(read(R"({"toll": {"coast": 1}})").mistakes, HasSubstr("unknown key \"coast\"; did you mean \"cost\"?"));
}

TEST(RouteFilters, TellWhatARouteMaySay) {
  EXPECT_THAT(read(R"({"toll": "on"})").mistakes, HasSubstr("expected \"off\" or an object of options, got \"on\""));
  EXPECT_THAT(read(R"({"toll": 5})").mistakes, HasSubstr("expected \"off\" or an object of options, got 5"));
  EXPECT_THAT(read(R"({"plain": {}})").mistakes,
              HasSubstr("expected \"off\", all that a route can say to \"plain\", got an object"));
  EXPECT_THAT(read(R"({"end": "off"})").mistakes, HasSubstr("\"end\" answers the requests and cannot be off"));
  EXPECT_THAT(read(R"({"end": {}})").mistakes, HasSubstr("\"end\" has no options for a route"));
  EXPECT_THAT(read(R"("off")").mistakes, HasSubstr("expected an object, got \"off\""));
}

TEST(RouteFilters, MustBeInTheChain) {
  EXPECT_THAT(read(R"({"tol": "off"})").mistakes, HasSubstr("unknown filter \"tol\"; did you mean \"toll\"?"));
  EXPECT_THAT(read(R"({"spare": "off"})").mistakes,
              HasSubstr("the filter \"spare\" is not in the chain of this listener"));
}

TEST(RouteFilters, AreNotBlamedForAMistakeInTheChain) {
  const Reading reading = read(R"({"toll": "off"})", R"([{"name": "tool"}, {"name": "end"}])");
  EXPECT_THAT(reading.mistakes, HasSubstr("unknown filter \"tool\""));
  EXPECT_EQ(reading.mistakes.find("/routes/"), std::string::npos) << reading.mistakes;
}

}  // namespace
}  // namespace headgate::proxy
