// Files that were damaged, for tests of what reads them.
#pragma once

#include <cstddef>

#include "tests/testing/idx_file.h"

namespace weft::testing {

// Calls check(damaged, length) for each length that the bytes can be cut to.
template <class F>
void for_each_cut(const Bytes& whole, F check) {
  for (std::size_t size = 0; size < whole.size(); ++size)
    check(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), size);
}

// Calls check(damaged, place) for each byte with each of its bits flipped, and with all of them.
template <class F>
void for_each_flip(const Bytes& whole, F check) {
  for (std::size_t place = 0; place < whole.size(); ++place) {
    for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      Bytes damaged = whole;
      damaged[place] = static_cast<unsigned char>(damaged[place] ^ flip);
      check(damaged, place);
    }
  }
}

}  // namespace weft::testing
