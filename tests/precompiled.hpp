// SPDX-License-Identifier: BSD-3-Clause
// As common/protocol/precompiled.hpp, for tests.
#include "common/protocol/precompiled.hpp"

#include <gtest/gtest.h>
