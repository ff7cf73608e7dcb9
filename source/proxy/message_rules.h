#pragma once
// Reads the keys of a listener that say what it makes of messages.

#include "source/config/object.h"
#include "source/http/rules.h"

namespace headgate::proxy {

/// `upgrades` of `listener`; mistakes go to the object's errors. Main thread.
[[nodiscard]] http::MessageRules readMessageRules(config::Object& listener);

}  // namespace headgate::proxy
