// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer's entry points.
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
    ntm::fuzz::set_up();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ntm::fuzz::run({data, size});
    return 0;
}
