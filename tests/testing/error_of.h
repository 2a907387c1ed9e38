// What a call throws, as text.
#pragma once

#include <string>

#include "weft/error.h"

namespace weft {

// What the Error of the call says; "no Error" where it throws none.
template <class F>
std::string error_of(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

}  // namespace weft
