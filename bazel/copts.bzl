"""Compiler flags of Weft's own code. They reach neither the code of a dependent nor system headers."""

WEFT_COPTS = [
    "-std=c++20",
    "-Wall",
    "-Wextra",
    "-Werror",
    # GCC 12 gives this one falsely where it inlines Boost.Graph's copy constructor. -Wuninitialized stays on.
    "-Wno-maybe-uninitialized",
    # a * b + c is rounded twice everywhere, so results do not depend on what the compiler fuses.
    "-ffp-contract=off",
] + select({
    # Numeric tests are several times faster for it, and it costs little time to compile.
    "//bazel:fastbuild": ["-O1"],
    "//conditions:default": [],
})
