# weft_objects: every file of the library, compiled once. weft::shared and weft::static are made of it, and so are the tests,
# which also call what the shared library hides. weft::weft is the one that BUILD_SHARED_LIBS names, or the one there is.

file(GLOB_RECURSE sources CONFIGURE_DEPENDS graph/*.cc ops/*.cc runtime/*.cc)
file(GLOB_RECURSE public_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include include/*.h)

# The flags of Bazel's build: bazel/copts.bzl has them a line each, ops/BUILD the macro for Highway.
file(STRINGS bazel/copts.bzl copts REGEX "^    \"-.*\",$")
list(TRANSFORM copts REPLACE "^    \"(.*)\",$" "\\1")
list(REMOVE_ITEM copts -std=c++20)
file(STRINGS ops/BUILD defines REGEX "^    local_defines = ")
string(REGEX REPLACE ".*\\[\"(.*)\"\\].*" "\\1" defines "${defines}")
if(NOT "-ffp-contract=off" IN_LIST copts OR NOT defines MATCHES "^HWY_DISABLED_TARGETS=")
  message(FATAL_ERROR "The flags in bazel/copts.bzl and ops/BUILD are not written as cmake/library.cmake reads them.")
endif()
# Vectors whose length is not known when they are compiled cannot be members, and kernels have such: NEON is used instead.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  string(REPLACE ")" "|HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)" defines ${defines})
endif()

# What the public headers declare is exported, all else is hidden.
list(TRANSFORM public_headers PREPEND "#include \"")
list(TRANSFORM public_headers APPEND "\"")
list(JOIN public_headers "\n" includes)
file(CONFIGURE OUTPUT exported.h CONTENT
     "#pragma GCC visibility push(default)\n@includes@\n#pragma GCC visibility pop\n" @ONLY)

add_library(weft_objects OBJECT ${sources})
set_target_properties(weft_objects PROPERTIES
  CXX_EXTENSIONS OFF
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON
  POSITION_INDEPENDENT_CODE ON
  # The public headers come first in every file, which takes most of the time that they take.
  DISABLE_PRECOMPILE_HEADERS OFF
  # The archive is one object (below), which must hold machine code.
  INTERPROCEDURAL_OPTIMIZATION OFF)
target_precompile_headers(weft_objects PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/exported.h)
# What runs seldom, for a model or a report, is made small. What is precompiled is of another optimisation.
file(GLOB_RECURSE seldom CONFIGURE_DEPENDS graph/text/*.cc ops/nn/*.cc runtime/reports/*.cc)
set_source_files_properties(${seldom} PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON
  COMPILE_OPTIONS "$<$<NOT:$<CONFIG:Debug>>:-Os>;-include;${CMAKE_CURRENT_BINARY_DIR}/exported.h")
target_compile_features(weft_objects PUBLIC cxx_std_20)
target_compile_definitions(weft_objects PRIVATE ${defines})
# At -O3, which Bazel does not use, GCC 12 sees more that is not there.
target_compile_options(weft_objects PRIVATE ${copts} -Wno-stringop-overflow -Wno-array-bounds
                       $<$<BOOL:${WEFT_WARNINGS_AS_ERRORS}>:-Werror>)
target_include_directories(weft_objects PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           PRIVATE ${PROJECT_SOURCE_DIR})
set(libraries TBB::tbb ZLIB::ZLIB weft::dnnl weft::hwy -lgomp)
target_link_libraries(weft_objects PRIVATE ${libraries} weft::boost weft::json weft::random123)

function(weft_library kind)
  set_target_properties(weft_${kind} PROPERTIES OUTPUT_NAME weft EXPORT_NAME ${kind})
  add_library(weft::${kind} ALIAS weft_${kind})
  target_compile_features(weft_${kind} INTERFACE cxx_std_20)
  target_include_directories(weft_${kind} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

if(WEFT_BUILD_SHARED)
  set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  add_library(weft_shared SHARED)
  weft_library(shared)
  target_link_libraries(weft_shared PRIVATE weft_objects ${libraries})
  # Before 1.0 every minor version may change the ABI.
  set_target_properties(weft_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINK_DEPENDS ${exports})
  # Never unloaded: threads of oneTBB and OpenMP, and values of threads, outlive the plug-in that brought the library in.
  target_link_options(weft_shared PRIVATE -Wl,--version-script=${exports} -Wl,-z,nodelete)
endif()

if(WEFT_BUILD_STATIC)
  # Ops register themselves, so nothing refers to their files by name. An archive of one object is linked as a whole.
  # The filter leaves out what is precompiled.
  set(objects $<FILTER:$<TARGET_OBJECTS:weft_objects>,INCLUDE,\\.o$>)
  add_custom_command(OUTPUT weft.o VERBATIM COMMAND_EXPAND_LISTS
                     COMMAND ${CMAKE_LINKER} -r -o weft.o ${objects} DEPENDS weft_objects ${objects})
  add_library(weft_static STATIC weft.o)
  weft_library(static)
  set_target_properties(weft_static PROPERTIES LINKER_LANGUAGE CXX)
  foreach(library IN LISTS libraries)
    target_link_libraries(weft_static INTERFACE $<LINK_ONLY:${library}>)
  endforeach()
endif()

if(WEFT_BUILD_SHARED AND (BUILD_SHARED_LIBS OR NOT WEFT_BUILD_STATIC))
  add_library(weft::weft ALIAS weft_shared)
elseif(WEFT_BUILD_STATIC)
  add_library(weft::weft ALIAS weft_static)
endif()
