// Random sequences: whatever filters do, no byte is lost, doubled, reordered or shown too early.

#include <gtest/gtest.h>

#include <random>

#include "test/source/proxy/scripted_chain.h"

namespace headgate::proxy {
namespace {

/// A filter of a random kind that checks what it sees.
class Subject {
 public:
  Subject(ScriptedFilter& filter, FilterPass& pass, std::mt19937& random, bool terminal)
      : filter_(filter), pass_(pass), random_(random), terminal_(terminal) {
    filter_.journal = nullptr;
    if (!terminal && chance(4)) filter_.whole = 1 << 20;
    whole_ = filter_.whole > 0;
    filter_.onHead = [this](http::MessageHead&, bool end) {
      EXPECT_EQ(heads_++, 0);
      if (end) ended_ = true;
      whole_ = whole_ && !end;
      return decide();
    };
    filter_.onData = [this](base::Buffer& data, bool end) {
      EXPECT_EQ(heads_, 1);
      EXPECT_FALSE(ended_);
      EXPECT_TRUE(!whole_ || pieces_ == 0) << "a whole body comes in one piece";
      ++pieces_;
      seen += data.toString();
      ended_ = end;
      return decide();
    };
    filter_.onTrailers = [this](http::HeaderList&) {
      EXPECT_EQ(heads_, 1);
      EXPECT_FALSE(ended_);
      ended_ = true;
      return decide();
    };
  }

  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] bool ended() const { return ended_; }
  void resume() {
    paused_ = false;
    pass_.resume();
  }
  std::string seen;

 private:
  bool chance(unsigned outOf) { return random_() % outOf == 0; }
  FilterStatus decide() {
    if (terminal_) return FilterStatus::Pause;
    EXPECT_FALSE(paused_) << "nothing is shown to a filter that has paused";
    if (chance(5)) {  // resumes before it returns
      pass_.resume();
      return FilterStatus::Pause;
    }
    if (chance(9)) {  // that means nothing
      pass_.resume();
      return FilterStatus::Continue;
    }
    paused_ = chance(3);
    return paused_ ? FilterStatus::Pause : FilterStatus::Continue;
  }

  ScriptedFilter& filter_;
  FilterPass& pass_;
  std::mt19937& random_;
  const bool terminal_;
  bool whole_ = false;
  bool paused_ = false;
  bool ended_ = false;
  int heads_ = 0;
  int pieces_ = 0;
};

class Sequence {
 public:
  Sequence(FilterPass::Direction direction, unsigned seed) : random_(seed), chain_(direction, 1 + random_() % 5) {}

  void run(FilterPass::Direction direction, size_t count) {
    std::vector<std::unique_ptr<Subject>> subjects;
    for (size_t i = 0; i < count; ++i) {
      const bool terminal = direction == FilterPass::Direction::Request && i + 1 == count;
      subjects.push_back(std::make_unique<Subject>(chain_[i], chain_.pass(), random_, terminal));
    }
    std::string sent;
    const bool headOnly = random_() % 8 == 0;
    chain_.head(headOnly);
    resumeSome(subjects);
    for (size_t pieces = headOnly ? 0 : random_() % 6; pieces > 0; --pieces) {
      std::string bytes(random_() % 4000, '\0');
      for (char& c : bytes) c = static_cast<char>('a' + random_() % 26);
      sent += bytes;
      chain_.data(bytes);
      resumeSome(subjects);
    }
    if (!headOnly && random_() % 2 == 0) {
      chain_.trailers();
    } else if (!headOnly) {
      sent += "z";
      chain_.data("z", true);
    }
    while (resumeSome(subjects)) {
    }
    for (const auto& subject : subjects) {
      ASSERT_EQ(subject->seen, sent);
      ASSERT_TRUE(subject->ended());
    }
    if (direction == FilterPass::Direction::Response) checkOutput(sent, headOnly);
  }
  [[nodiscard]] ScriptedChain& chain() { return chain_; }

 private:
  // Resumes filters that have paused, at times; true if one had.
  bool resumeSome(std::vector<std::unique_ptr<Subject>>& subjects) {
    bool any = false;
    for (auto& subject : subjects) {
      if (!subject->paused()) continue;
      any = true;
      if (random_() % 3 != 0) subject->resume();
    }
    return any;
  }

  void checkOutput(const std::string& sent, bool headOnly) {
    std::string body;
    ASSERT_FALSE(chain_.journal.empty());
    ASSERT_EQ(chain_.journal.front(), headOnly ? "out:head end" : "out:head");
    int ends = headOnly ? 1 : 0;
    for (size_t i = 1; i < chain_.journal.size(); ++i) {
      ASSERT_EQ(ends, 0);
      std::string_view line = chain_.journal[i];
      if (line == "out:trailers") {
        ++ends;
        continue;
      }
      ASSERT_TRUE(line.starts_with("out:data "));
      line.remove_prefix(9);
      if (line.ends_with(" end")) {
        ++ends;
        line.remove_suffix(4);
      }
      body += line;
    }
    ASSERT_EQ(ends, 1);
    ASSERT_EQ(body, sent);
  }

  std::mt19937 random_;
  ScriptedChain chain_;
};

TEST(FilterPassSequences, LoseAndReorderNothing) {
  for (const auto direction : {FilterPass::Direction::Request, FilterPass::Direction::Response}) {
    for (unsigned seed = 0; seed < 3000; ++seed) {
      SCOPED_TRACE(seed);
      const size_t count = 1 + std::mt19937(seed)() % 5;
      Sequence sequence(direction, seed);
      sequence.run(direction, count);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace headgate::proxy
