"""Rules for many files at once, so that a new file needs no edit of a BUILD file."""

load("@rules_cc//cc:cc_binary.bzl", "cc_binary")
load("@rules_cc//cc:cc_library.bzl", "cc_library")
load("@rules_cc//cc:cc_test.bzl", "cc_test")
load(":copts.bzl", "WEFT_COPTS")

def _target(path):
    return path[:-len(".cc")]

def weft_tests(srcs, deps, sizes = {}, data = {}):
    """One cc_test for each file; a/b_test.cc becomes the target a/b_test.

    Args:
      srcs: test files.
      deps: libraries of all tests.
      sizes: file -> Bazel test size, where "medium" (at most 300 s) does not fit.
      data: file -> labels that the test reads at run time.
    """
    for name in sizes.keys() + data.keys():
        if name not in srcs:
            fail("no such test: " + name)
    for src in srcs:
        cc_test(
            name = _target(src),
            size = sizes.get(src, "medium"),
            srcs = [src],
            copts = WEFT_COPTS,
            data = data.get(src, []) + ["//bazel:tsan.supp"],
            deps = deps,
        )

def weft_binaries(srcs, deps):
    """One testonly cc_binary for each file."""
    for src in srcs:
        cc_binary(
            name = _target(src),
            testonly = True,
            srcs = [src],
            copts = WEFT_COPTS,
            deps = deps,
        )

def headers_compile_alone(name, headers, prefix, deps):
    """A library of one source for each header, which includes it before anything else.

    Args:
      name: of the library.
      headers: paths that start with prefix.
      prefix: what includes leave out.
      deps: libraries of the headers.
    """
    sources = []
    for header in headers:
        include = header[len(prefix):]
        source = "%s/%s.cc" % (name, include)
        native.genrule(
            name = source + "_source",
            outs = [source],
            cmd = "printf '#include \"%s\"\\n#include \"%s\"\\n' > $@" % (include, include),
        )
        sources.append(source)
    cc_library(
        name = name,
        srcs = sources,
        copts = WEFT_COPTS,
        visibility = ["//tests:__pkg__"],
        deps = deps,
    )

# The lines of the document's first block of a language, without the fences.
_BLOCK = "awk '/^```/ { if (inside) exit; inside = ($$0 == \"```%s\"); next } inside' $< > $@"

# The lines of all its blocks of a language.
_BLOCKS = "awk -v what='```%s' '/^```/ { inside = !inside && $$0 == what; next } inside' %s"

# A program of all its blocks: includes come first, then C++ blocks, and those of statements in one main().
_PROGRAM = " && ".join([
    "(echo '#include <iostream>'",
    "echo '#include \"weft/weft.h\"'",
    _BLOCKS % ("c++", "$<"),
    "echo 'int main() {'",
    _BLOCKS % ("cpp", "$<"),
    "echo '}') > $@",
])

def _document_test(name, document, source, output, deps):
    native.genrule(
        name = name + "_source",
        testonly = True,
        srcs = [document],
        outs = [name + "_program.cc"],
        cmd = source,
    )
    native.genrule(
        name = name + "_output",
        testonly = True,
        srcs = [document],
        outs = [name + "_expected.txt"],
        cmd = output,
    )
    cc_binary(
        name = name + "_program",
        testonly = True,
        srcs = [name + "_program.cc"],
        copts = WEFT_COPTS,
        deps = deps,
    )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//bazel:prints.sh"],
        args = [
            "$(rootpath :%s_program)" % name,
            "$(rootpath :%s_expected.txt)" % name,
        ],
        data = [
            name + "_program",
            name + "_expected.txt",
            "//bazel:tsan.supp",
        ],
    )

def program_test(name, document, deps):
    """Runs the first ```cpp block of a document and compares what it prints with the first ```text block.

    Args:
      name: of the test.
      document: a Markdown file.
      deps: libraries of the program.
    """
    _document_test(name, document, _BLOCK % "cpp", _BLOCK % "text", deps)

def guide_test(name, document, deps):
    """Runs all ```cpp blocks of a document as one main(), behind its ```c++ blocks, and compares the output with its ```text blocks.

    Args:
      name: of the test.
      document: a Markdown file.
      deps: libraries of the program.
    """
    _document_test(name, document, _PROGRAM, _BLOCKS % ("text", "$< > $@"), deps)
