"""Compiler flags of Weft's own code. They reach neither the code of a dependent nor system headers.

Warnings are errors by .bazelrc, so that a compiler with other warnings never breaks a dependent's build."""

WEFT_COPTS = [
    "-std=c++20",
    "-Wall",
    "-Wextra",
    # GCC 12 takes "[" + std::to_string(n), when it is inlined, for a copy onto itself (its bug 105329). Clang has no such
    # warning, and is told not to mind.
    "-Wno-restrict",
    # And values that a standard container moves for uninitialised ones. -Wuninitialized stays on.
    "-Wno-maybe-uninitialized",
    "-Wno-unknown-warning-option",
    # Calls inside of a library need no way around for symbols that another library replaces: none does.
    "-fno-semantic-interposition",
    # a * b + c is rounded twice everywhere, so results do not depend on what the compiler fuses.
    "-ffp-contract=off",
] + select({
    # Numeric tests are several times faster for it, and it costs little time to compile.
    "//bazel:fastbuild": ["-O1"],
    "//conditions:default": [],
})
