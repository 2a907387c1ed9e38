"""External repositories of Weft, all from this computer: a build needs no network."""

_CC_RULES = [
    "cc_binary",
    "cc_import",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
    "fdo_prefetch_hints",
    "fdo_profile",
    "objc_import",
    "objc_library",
]

# Rules that BUILD files load one by one: load("@rules_cc//cc:cc_library.bzl", "cc_library").
_CC_SINGLE_FILES = ["cc_binary", "cc_import", "cc_library", "cc_test"]

# Bazel 4 has the C++ rules built in; its own C++ toolchain asks for them under this name all the same.
def _native_rules_cc_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"rules_cc\")\n")
    ctx.file("cc/BUILD", "")
    ctx.file("cc/defs.bzl", "".join(["{0} = native.{0}\n".format(r) for r in _CC_RULES]))
    for r in _CC_SINGLE_FILES:
        ctx.file("cc/%s.bzl" % r, "{0} = native.{0}\n".format(r))

_native_rules_cc = repository_rule(implementation = _native_rules_cc_impl)

# Every test depends on the coverage tools. They run only under `bazel coverage`, which merges nothing here.
_COVERAGE_BUILD = """package(default_visibility = ["//visibility:public"])
sh_binary(name = "coverage_report_generator", srcs = ["nothing.sh"])
sh_binary(name = "lcov_merger", srcs = ["nothing.sh"])
"""

def _no_coverage_tools_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"remote_coverage_tools\")\n")
    ctx.file("BUILD", _COVERAGE_BUILD)
    ctx.file("nothing.sh", "#!/bin/sh\nexit 0\n", executable = True)

_no_coverage_tools = repository_rule(implementation = _no_coverage_tools_impl)

def weft_dependencies():
    """Declares what a build needs; a repository that the caller declared before wins."""
    known = native.existing_rules()
    if "rules_cc" not in known:
        _native_rules_cc(name = "rules_cc")
    if "remote_coverage_tools" not in known:
        _no_coverage_tools(name = "remote_coverage_tools")
    if "rules_java" not in known:
        # From the package bazel-rules-java: Bazel's own toolchains load these rules in every build.
        native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
