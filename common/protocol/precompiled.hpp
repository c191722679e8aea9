// SPDX-License-Identifier: BSD-3-Clause
// The headers of libraries that most files include. A build may read them once for each of the larger targets
// (meson.build); no file names this one, and each includes what it uses.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <google/protobuf/extension_set.h>
#include <google/protobuf/generated_message_util.h>
#include <google/protobuf/repeated_field.h>
