#include "source/proxy/filter_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/source/proxy/scripted_chain.h"

namespace headgate::proxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kRequest = FilterPass::Direction::Request;
constexpr auto kResponse = FilterPass::Direction::Response;

auto pauseHead() {
  return [](http::MessageHead&, bool) { return FilterStatus::Pause; };
}
auto pauseData() {
  return [](base::Buffer&, bool) { return FilterStatus::Pause; };
}

TEST(FilterPass, TakesAResponseThroughAllFiltersAndOut) {
  ScriptedChain chain(kResponse, 2);
  chain.head();
  chain.data("ab");
  chain.data("c", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "1:head", "out:head", "0:data ab", "1:data ab", "out:data ab",
                                        "0:data c end", "1:data c end", "out:data c end"));
}

TEST(FilterPass, EndsARequestInItsLastFilterWhosePauseMeansThatItHasTakenIt) {
  ScriptedChain chain(kRequest, 2);
  chain[1].onHead = pauseHead();
  chain[1].onData = pauseData();
  chain.head();
  chain.data("a");
  chain.data("b", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "1:head", "0:data a", "1:data a", "0:data b end", "1:data b end"));
}

TEST(FilterPass, HoldsWhatFollowsAPausedHeadUntilItResumes) {
  ScriptedChain chain(kResponse, 3);
  chain[1].onHead = pauseHead();
  chain.head();
  chain.data("ab");
  chain.data("cd");
  chain.trailers();
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "1:head"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("2:head", "out:head", "0:data abcd", "1:data abcd", "2:data abcd",
                                        "out:data abcd", "0:trailers", "1:trailers", "2:trailers", "out:trailers"));
}

TEST(FilterPass, GoesOnBehindAFilterThatPausedOnData) {
  ScriptedChain chain(kResponse, 3);
  chain.head();
  chain.take();
  chain[1].onData = pauseData();
  chain.data("ab");
  chain[1].onData = nullptr;
  chain.data("cd", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:data ab", "1:data ab"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("2:data ab", "out:data ab", "0:data cd end", "1:data cd end", "2:data cd end",
                                        "out:data cd end"));
}

TEST(FilterPass, GoesOnBehindAFilterThatPausedOnTrailers) {
  ScriptedChain chain(kResponse, 2);
  chain.head();
  chain[0].onTrailers = [](http::HeaderList&) { return FilterStatus::Pause; };
  chain.trailers();
  chain.take();
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("1:trailers", "out:trailers"));
}

TEST(FilterPass, MayPauseAgainFurtherOn) {
  ScriptedChain chain(kResponse, 3);
  chain[0].onHead = chain[2].onHead = pauseHead();
  chain.head();
  chain.data("a", true);
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "1:head", "2:head"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("out:head", "0:data a end", "1:data a end", "2:data a end", "out:data a end"));
}

TEST(FilterPass, TakesAResumeWithinACallbackWhenThatReturns) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onHead = [&](http::MessageHead&, bool) {
    chain.pass().resume();
    return FilterStatus::Pause;
  };
  chain.head(true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head end", "1:head end", "out:head end"));
}

TEST(FilterPass, ForgetsAResumeOfAFilterThatDidNotPause) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onHead = [&](http::MessageHead&, bool) {
    chain.pass().resume();
    return FilterStatus::Continue;
  };
  chain[1].onHead = pauseHead();
  chain.head(true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head end", "1:head end"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("out:head end"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), IsEmpty());
}

TEST(FilterPass, LetsFiltersChangeAndTakeData) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onData = [&](base::Buffer& data, bool end) {
    const std::string text = data.toString();
    data.clear();
    if (end) data.append("<" + text + ">");
    return FilterStatus::Continue;
  };
  chain.head();
  chain.take();
  chain.data("ab");
  EXPECT_THAT(chain.take(), ElementsAre("0:data ab")) << "nothing is left for the others";
  chain.data("c", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:data c end", "1:data <c> end", "out:data <c> end"));
}

TEST(FilterPass, PutsWhatAFilterAddsBeforeTheTrailers) {
  ScriptedChain chain(kResponse, 3);
  chain.head();
  chain.take();
  for (const size_t at : {0, 1}) {
    chain[at].onTrailers = [&, at](http::HeaderList&) {
      base::Buffer data = chain.buffer(at == 0 ? "tail" : "!");
      chain.pass().add(data);
      return FilterStatus::Continue;
    };
  }
  chain.trailers();
  EXPECT_THAT(chain.take(), ElementsAre("0:trailers", "1:data tail", "1:trailers", "2:data tail!", "2:trailers",
                                        "out:data tail!", "out:trailers"));
}

TEST(FilterPass, MayPauseOnWhatWasPutBeforeTheTrailers) {
  ScriptedChain chain(kRequest, 3);
  chain.head();
  chain.take();
  chain[0].onTrailers = [&](http::HeaderList&) {
    base::Buffer data = chain.buffer("tail");
    chain.pass().add(data);
    return FilterStatus::Pause;
  };
  chain[1].onData = pauseData();
  chain[2].onData = pauseData();
  chain.trailers();
  EXPECT_THAT(chain.take(), ElementsAre("0:trailers"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("1:data tail"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("1:trailers", "2:data tail", "2:trailers"));
}

TEST(FilterPass, TellsWhenMuchWaitsAndWhenItNoLongerDoes) {
  ScriptedChain chain(kRequest, 2);
  chain[0].onHead = pauseHead();
  chain.head();
  const std::string block(FilterPass::kBufferLimit / 2, 'x');
  chain.data(block);
  chain.data(block);
  EXPECT_THAT(chain.full, IsEmpty());
  chain.data("x");
  EXPECT_THAT(chain.full, ElementsAre(true));
  chain.pass().resume();
  EXPECT_THAT(chain.full, ElementsAre(true, false));
}

TEST(FilterPass, CountsWhatThePausedFilterHoldsItself) {
  ScriptedChain chain(kResponse, 2);
  chain.head();
  chain[1].onData = pauseData();
  chain.data(std::string(FilterPass::kBufferLimit + 1, 'x'));
  EXPECT_THAT(chain.full, ElementsAre(true));
  chain.pass().stop();
  EXPECT_THAT(chain.full, ElementsAre(true, false)) << "or the sender would wait for ever";
}

TEST(FilterPass, DropsEverythingOnceStopped) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onHead = pauseHead();
  chain.head();
  chain.data("abc");
  chain.pass().stop();
  chain.take();
  chain.pass().resume();
  chain.data("d");
  chain.trailers();
  EXPECT_THAT(chain.take(), IsEmpty());
}

// ---- whole bodies

TEST(FilterPass, ShowsAWholeBodyBeforeAnybodyBehindHearsOfTheMessage) {
  ScriptedChain chain(kRequest, 4);
  chain[2].whole = 100;
  chain.head();
  EXPECT_EQ(chain.bodiesWanted, 1U) << "a client may wait to be asked for it";
  chain.data("ab");
  chain.data("cd");
  EXPECT_THAT(chain.take(),
              ElementsAre("0:head", "1:head", "2:head", "0:data ab", "1:data ab", "0:data cd", "1:data cd"));
  chain.data("e", true);
  EXPECT_THAT(chain.take(),
              ElementsAre("0:data e end", "1:data e end", "2:data abcde end", "3:head", "3:data abcde end"));
}

TEST(FilterPass, ShowsAWholeBodyThatTrailersEnd) {
  ScriptedChain chain(kResponse, 3);
  chain[1].whole = 100;
  chain.head();
  chain.data("ab");
  chain.take();
  chain.trailers();
  EXPECT_THAT(chain.take(), ElementsAre("0:trailers", "1:data ab", "2:head", "out:head", "2:data ab", "out:data ab",
                                        "1:trailers", "2:trailers", "out:trailers"));
}

TEST(FilterPass, ShowsAnEmptyWholeBody) {
  ScriptedChain chain(kRequest, 2);
  chain[0].whole = 100;
  chain.head();
  chain.data("", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "0:data  end", "1:head", "1:data  end"));
}

TEST(FilterPass, WantsNoBodyOfAMessageThatHasNone) {
  ScriptedChain chain(kRequest, 2);
  chain[0].whole = 100;
  chain.head(true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head end", "1:head end"));
  EXPECT_EQ(chain.bodiesWanted, 0U);
}

TEST(FilterPass, MayPauseOnAWholeBody) {
  ScriptedChain chain(kRequest, 2);
  chain[0].whole = 100;
  chain[0].onData = pauseData();
  chain.head();
  chain.data("ab", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "0:data ab end"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("1:head", "1:data ab end"));
}

TEST(FilterPass, WantsTheWholeBodyAfterAPauseOnTheHead) {
  ScriptedChain chain(kRequest, 2);
  chain[0].whole = 100;
  chain[0].onHead = pauseHead();
  chain.head();
  chain.data("ab");
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("0:head"));
  chain.data("c", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:data abc end", "1:head", "1:data abc end"));
}

TEST(FilterPass, LetsSeveralFiltersWantTheWholeBody) {
  ScriptedChain chain(kResponse, 3);
  chain[0].whole = chain[2].whole = 100;
  chain[0].onData = [](base::Buffer& data, bool) {
    data.append("!");
    return FilterStatus::Continue;
  };
  chain.head();
  chain.data("ab");
  chain.take();
  chain.data("c", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:data abc end", "1:head", "2:head", "1:data abc! end", "2:data abc! end",
                                        "out:head", "out:data abc! end"));
}

TEST(FilterPass, PausesBeforeAFilterThatWantsTheWholeBody) {
  ScriptedChain chain(kRequest, 3);
  chain[1].whole = 100;
  chain.head();
  chain[0].onData = pauseData();
  chain.data("ab");
  chain[0].onData = nullptr;
  chain.data("c", true);
  chain.take();
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("0:data c end", "1:data abc end", "2:head", "2:data abc end"));
}

TEST(FilterPass, ShowsNoWholeBodyWhileTheFilterBeforeHoldsItsEnd) {
  ScriptedChain chain(kRequest, 3);
  chain[1].whole = 100;
  chain.head();
  chain[0].onData = pauseData();
  chain.data("ab", true);
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "1:head", "0:data ab end"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("1:data ab end", "2:head", "2:data ab end"));
}

TEST(FilterPass, RefusesABodyOverTheMaximum) {
  ScriptedChain chain(kRequest, 2);
  chain[0].whole = 4;
  chain.head();
  chain.data("abcd");
  EXPECT_EQ(chain.tooLarge, 0U);
  chain.data("e", true);
  EXPECT_EQ(chain.tooLarge, 4U);
  EXPECT_THAT(chain.take(), ElementsAre("0:head"));
  EXPECT_TRUE(chain.pass().stopped());
}

TEST(FilterPass, MayBeAnsweredOtherwiseWhenAResponseIsOverTheMaximum) {
  ScriptedChain chain(kResponse, 2);
  chain[0].whole = 4;
  chain.onTooLarge = [&] {
    chain[0].whole = 0;
    chain.pass().replace(chain.otherHead(), "no", false);
  };
  chain.head();
  chain.take();
  chain.data("abcde");
  EXPECT_EQ(chain.tooLarge, 4U);
  EXPECT_THAT(chain.take(),
              ElementsAre("0:head", "1:head", "out:other head", "0:data no end", "1:data no end", "out:data no end"));
}

// ---- replies

TEST(FilterPass, ReplacesAMessageThatWaits) {
  ScriptedChain chain(kResponse, 2);
  chain[1].onHead = pauseHead();
  chain.head();
  chain.data("old");
  chain.take();
  chain[1].onHead = nullptr;
  chain.pass().replace(chain.otherHead(), "new", false);
  EXPECT_THAT(chain.take(), ElementsAre("0:head", "1:head", "out:other head", "0:data new end", "1:data new end",
                                        "out:data new end"));
}

TEST(FilterPass, ReplacesWhenNoCallbackRunsAnyMore) {
  ScriptedChain chain(kResponse, 3);
  bool once = false;
  chain[1].onHead = [&](http::MessageHead&, bool) {
    if (std::exchange(once, true)) return FilterStatus::Continue;
    chain.pass().replace(chain.otherHead(), "no", false);
    return FilterStatus::Done;
  };
  chain.head();
  chain.data("dropped", true);
  EXPECT_THAT(chain.take(),
              ElementsAre("0:head", "1:head", "0:head", "1:head", "2:head", "out:other head", "0:data no end",
                          "1:data no end", "2:data no end", "out:data no end", "0:data dropped end",
                          "1:data dropped end", "2:data dropped end", "out:data dropped end"))
      << "what comes after a message that has ended is the caller's to drop";
  EXPECT_FALSE(chain[1].reentered);
}

TEST(FilterPass, HoldsAReplacementThatAFilterPauses) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onData = [&](base::Buffer&, bool) {
    chain.pass().replace(chain.otherHead(), "no", false);
    chain[0].onData = nullptr;
    return FilterStatus::Done;
  };
  chain[1].onHead = pauseHead();
  chain.head();
  chain.pass().resume();
  chain.take();
  chain.data("x");
  EXPECT_THAT(chain.take(), ElementsAre("0:data x", "0:head", "1:head"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(), ElementsAre("out:other head", "0:data no end", "1:data no end", "out:data no end"));
}

TEST(FilterPass, NeverEntersACallbackWithinAnother) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onHead = [&](http::MessageHead&, bool) {
    chain.data("early");  // as a backend's connection may when it is read within
    return FilterStatus::Continue;
  };
  chain.head();
  EXPECT_THAT(chain.take(),
              ElementsAre("0:head", "1:head", "out:head", "0:data early", "1:data early", "out:data early"));
  EXPECT_FALSE(chain[0].reentered);
}

TEST(FilterPass, KeepsTheOrderOfWhatCameWithinACallbackThatPauses) {
  ScriptedChain chain(kResponse, 2);
  chain[0].onHead = [&](http::MessageHead&, bool) {
    chain.data("early", true);
    return FilterStatus::Pause;
  };
  chain.head();
  EXPECT_THAT(chain.take(), ElementsAre("0:head"));
  chain.pass().resume();
  EXPECT_THAT(chain.take(),
              ElementsAre("1:head", "out:head", "0:data early end", "1:data early end", "out:data early end"));
}

}  // namespace
}  // namespace headgate::proxy
