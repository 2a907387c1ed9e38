// Files are written as a whole or not at all: what the system refuses, and who else writes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "tests/testing/idx_file.h"
#include "weft/io.h"
#include "weft/ops.h"

namespace {

// The calls below fail from this one on, counted from 0, with this error.
int g_calls = 0, g_failing = -1, g_error = 0;
bool fails() {
  if (g_failing < 0 || g_calls++ < g_failing) return false;
  errno = g_error;
  return true;
}

}  // namespace

// These take the place of the C library's in this program.
extern "C" {
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  if (fails()) return -1;
  return syscall(SYS_pwrite64, file, bytes, count, at);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) { return pwrite64(file, bytes, count, at); }
int fsync(int file) { return fails() ? -1 : static_cast<int>(syscall(SYS_fsync, file)); }
int rename(const char* from, const char* to) noexcept {
  return fails() ? -1 : static_cast<int>(syscall(SYS_rename, from, to));
}
}

namespace weft::io {
namespace {

using ::testing::HasSubstr;
using weft::testing::Bytes;
using weft::testing::read_file;
using weft::testing::write_file;

std::string path_of(const std::string& name) {
  return write_file(std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "/" + name, {1, 2});
}

template <class F>
std::string error_of(F f) {
  try {
    f();
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    return error.what();
  }
}

// Writes with the call number `failing` and all later ones refused; returns the error.
template <class F>
std::string error_with(int failing, int error, F write) {
  g_calls = 0, g_failing = failing, g_error = error;
  const std::string text = error_of(write);
  g_failing = -1;
  return text;
}

TEST(OutputFile, WhatTheSystemRefusesIsAnErrorThatLeavesTheOldFile) {
  const std::string path = path_of("file");
  const StateDict tensors = {{"a", ones(5)}, {"b", ones({3, 4})}};
  const std::vector<std::function<void()>> writers = {
      [&] { save_safetensors(path, tensors); }, [&] { save_npy(path, ones(3)); }, [&] { save_npz(path, tensors); },
      [&] { save_npz(path, tensors, true); }};
  for (const auto& write : writers) {
    for (const int error : {ENOSPC, EIO}) {
      int call = 0;
      for (;; ++call) {
        write_file("WhatTheSystemRefusesIsAnErrorThatLeavesTheOldFile/file", {1, 2});
        const std::string text = error_with(call, error, write);
        if (text.empty()) break;
        EXPECT_THAT(text, HasSubstr(std::strerror(error)));
        if (text.find("may not last") == std::string::npos) {
          EXPECT_EQ(read_file(path), (Bytes{1, 2})) << call;
        }
        EXPECT_FALSE(std::filesystem::exists(path + ".tmp")) << call;
      }
      EXPECT_GE(call, 5);  // two writes, both flushes and the renaming at least
    }
  }
}

TEST(OutputFile, ReplacesWhatAKilledWriterLeft) {
  const std::string path = path_of("file");
  write_file("ReplacesWhatAKilledWriterLeft/file.tmp", Bytes(100000));
  save_npy(path, ones(2));
  EXPECT_EQ(load_npy(path).numel(), 2);
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(OutputFile, RefusesASecondWriter) {
  const std::string path = path_of("file");
  const int other = ::open((path + ".tmp").c_str(), O_WRONLY | O_CREAT, 0666);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_THAT(error_of([&] { save_npy(path, ones(2)); }), HasSubstr("is being written by somebody else"));
  EXPECT_EQ(read_file(path), (Bytes{1, 2}));
  EXPECT_TRUE(std::filesystem::exists(path + ".tmp"));
  ::close(other);
}

TEST(OutputFile, WritesWhereALinkLeads) {
  const std::string path = path_of("file"), link = path + ".link";
  std::filesystem::remove(link);
  std::filesystem::create_symlink("file", link);
  save_npy(link, ones(2));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(load_npy(path).numel(), 2);
}

TEST(OutputFile, RefusesWhatIsNoFile) {
  const std::string folder = ::testing::TempDir();
  EXPECT_THAT(error_of([&] { save_npy(folder, ones(2)); }), HasSubstr("is no regular file"));
  EXPECT_THAT(error_of([] { save_npy("/dev/full", ones(2)); }), HasSubstr("is no regular file"));
  EXPECT_THAT(error_of([&] { save_npy(folder + "/no/such/folder", ones(2)); }), HasSubstr("cannot be written"));
  EXPECT_THAT(error_of([] { save_npy("", ones(2)); }), HasSubstr("is no name of a file"));
}

}  // namespace
}  // namespace weft::io
