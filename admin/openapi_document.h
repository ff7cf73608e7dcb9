#pragma once
// api/admin.openapi.yaml as JSON; made by the build (admin/embed_openapi.py).

#include <string_view>

namespace headgate::admin {

[[nodiscard]] std::string_view openapiDocument();

}  // namespace headgate::admin
