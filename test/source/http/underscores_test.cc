#include "source/http/underscores.h"

#include <gtest/gtest.h>

namespace headgate::http {
namespace {

TEST(Underscores, NamesWithoutOneAreKept) {
  for (const auto rule : {Underscores::Keep, Underscores::Drop, Underscores::Refuse}) {
    EXPECT_EQ(judgeName("x-custom", rule), NameVerdict::Keep);
  }
}

TEST(Underscores, AreKeptDroppedOrRefusedByTheRule) {
  EXPECT_EQ(judgeName("x_custom", Underscores::Keep), NameVerdict::Keep);
  EXPECT_EQ(judgeName("x_custom", Underscores::Drop), NameVerdict::Drop);
  EXPECT_EQ(judgeName("x_custom", Underscores::Refuse), NameVerdict::Refuse);
}

TEST(Underscores, ANameThatReadsAsOneThatTheProxyKnowsIsNeverKept) {
  for (const std::string_view name :
       {"x_forwarded_for", "x-forwarded_for", "content_length", "transfer_encoding", "x_request_id"}) {
    EXPECT_EQ(judgeName(name, Underscores::Keep), NameVerdict::Drop) << name;
    EXPECT_EQ(judgeName(name, Underscores::Refuse), NameVerdict::Refuse) << name;
  }
  EXPECT_EQ(judgeName("_", Underscores::Keep), NameVerdict::Keep);
  EXPECT_EQ(judgeName(std::string(200, '_'), Underscores::Keep), NameVerdict::Keep);
}

}  // namespace
}  // namespace headgate::http
