#include "admin/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "admin/context.h"

namespace headgate::admin {
namespace {

using http::Method;
using testing::ElementsAre;
using testing::IsEmpty;

Route route(Method method, std::string path) {
  Route result;
  result.method = method;
  result.path = std::move(path);
  return result;
}

class RouteTableOfClients : public testing::Test {
 protected:
  RouteTableOfClients() {
    for (const Method method : {Method::Get, Method::Post}) table_.add(route(method, "/clients"));
    for (const Method method : {Method::Get, Method::Put, Method::Delete})
      table_.add(route(method, "/clients/{client_id}"));
    table_.add(route(Method::Post, "/clients/{client_id}/reset"));
    table_.add(route(Method::Post, "/clients/batch"));
  }
  RouteTable::Match match(Method method, const std::vector<std::string>& segments) {
    return table_.match(method, segments);
  }

  RouteTable table_;
};

TEST_F(RouteTableOfClients, FindsByMethodAndSegments) {
  const auto found = match(Method::Put, {"clients", "a/b"});
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->path, "/clients/{client_id}");
  EXPECT_THAT(found.captures, ElementsAre("a/b"));
  EXPECT_EQ(match(Method::Post, {"clients", "x", "reset"}).route->path, "/clients/{client_id}/reset");
}

TEST_F(RouteTableOfClients, ServesHeadByGet) { EXPECT_EQ(match(Method::Head, {"clients"}).route->method, Method::Get); }

TEST_F(RouteTableOfClients, PrefersPlainSegmentsWhateverTheirMethods) {
  EXPECT_EQ(match(Method::Post, {"clients", "batch"}).route->path, "/clients/batch");
  const auto refused = match(Method::Delete, {"clients", "batch"});
  EXPECT_EQ(refused.route, nullptr);
  EXPECT_THAT(refused.allowed, ElementsAre(Method::Post));
}

TEST_F(RouteTableOfClients, TellsTheMethodsOfAPath) {
  const auto refused = match(Method::Patch, {"clients", "x"});
  EXPECT_EQ(RouteTable::allowField(refused.allowed), "GET, HEAD, PUT, DELETE");
}

TEST_F(RouteTableOfClients, KnowsNoEmptyOrFurtherSegment) {
  for (const std::vector<std::string>& segments : std::vector<std::vector<std::string>>{
           {""}, {"clients", ""}, {"clients", "x", "y"}, {"client"}, {"clients", "", "reset"}}) {
    const auto none = match(Method::Get, segments);
    EXPECT_EQ(none.route, nullptr);
    EXPECT_THAT(none.allowed, IsEmpty());
  }
}

TEST(AllRoutes, AreOneAMethodAndPathAndSayWhatTheyDo) {
  server::Server server;
  AuditLog audit;
  Context context{server, audit};
  RouteTable table;
  addAllRoutes(table, context);
  std::vector<std::string> seen;
  for (const auto& each : table.routes()) {
    seen.push_back(std::string(http::text(each->method)) + " " + each->path);
    EXPECT_NE(each->help, "") << seen.back();
    EXPECT_TRUE(static_cast<bool>(each->handle) != static_cast<bool>(each->stream)) << seen.back();
    EXPECT_FALSE(each->mutates() && each->access < Access::Operator)
        << seen.back() << ": a change needs at least an operator";
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

}  // namespace
}  // namespace headgate::admin
