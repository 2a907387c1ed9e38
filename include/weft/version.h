// The version of the library (semver.org). Macros and constants tell which headers a program was compiled with,
// version() which library it runs with. Before 1.0 every minor version may change the ABI, and a shared library has
// both numbers in its soname: a program runs with the minor version that it was linked with.
#pragma once

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0
// To compare: #if WEFT_VERSION >= 10203 is "1.2.3 or later".
#define WEFT_VERSION (WEFT_VERSION_MAJOR * 10000 + WEFT_VERSION_MINOR * 100 + WEFT_VERSION_PATCH)

namespace weft {

inline constexpr int kVersionMajor = WEFT_VERSION_MAJOR;
inline constexpr int kVersionMinor = WEFT_VERSION_MINOR;
inline constexpr int kVersionPatch = WEFT_VERSION_PATCH;
inline constexpr const char kVersion[] = "0.1.0";

// Of the library that is linked, as in kVersion. Never fails; from any thread.
const char* version();

}  // namespace weft
