#pragma once
// A record's fields as the databases hold them.

#include <string>
#include <string_view>

#include "source/limits/client.h"

namespace headgate::limits {

/// A JSON object of strings; "{}" for none.
[[nodiscard]] std::string labelsText(const Labels& labels);

/// Reads what labelsText() wrote. The tables are open to others: what is no object of strings counts as no labels,
/// since nothing is decided by them and a start must not fail for their sake.
[[nodiscard]] Labels parseLabels(std::string_view text);

/// The mode of a word; Enforce for none, which the tables' checks do not let in.
[[nodiscard]] Mode modeOf(std::string_view word);

}  // namespace headgate::limits
