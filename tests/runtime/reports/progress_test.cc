// weft::Progress: on terminals, which are pseudo-terminals here, and elsewhere.
#include "weft/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "runtime/reports/progress_line.h"

namespace weft {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Terminal settings of the process, put back at the end.
class Environment {
 public:
  Environment() {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
  ~Environment() {
    ::unsetenv("TERM");
    ::unsetenv("NO_COLOR");
  }
};

class Terminal {
 public:
  explicit Terminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(master_);
    ::unlockpt(master_);
    const int slave = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    const winsize size{24, columns, 0, 0};
    ::ioctl(slave, TIOCSWINSZ, &size);
    out_ = ::fdopen(slave, "w");
  }
  ~Terminal() {
    std::fclose(out_);
    ::close(master_);
  }

  std::FILE* out() const { return out_; }
  // What was written since the last time: all up to a mark, since what is written arrives later.
  std::string read() const {
    const std::string mark = "<mark>";
    std::fputs(mark.c_str(), out_);
    std::fflush(out_);
    std::string text;
    for (char part[1000]; !text.ends_with(mark);) {
      const ssize_t count = ::read(master_, part, sizeof part);
      if (count <= 0) break;
      text.append(part, static_cast<std::size_t>(count));
    }
    return text.substr(0, text.size() - mark.size());
  }

 private:
  int master_;
  std::FILE* out_;
};

// The lines that were drawn over each other.
std::vector<std::string> drawings(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream all(text);
  for (std::string line; std::getline(all, line, '\r');)
    if (const std::size_t end = line.find("\033[K"); end != std::string::npos) lines.push_back(line.substr(0, end));
  return lines;
}

std::string written_by(const std::function<void(std::FILE*)>& f) {
  std::FILE* const file = std::tmpfile();
  f(file);
  std::rewind(file);
  std::string text(10000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

TEST(Progress, DrawsABarOverItself) {
  const Environment environment;
  const Terminal terminal(80);
  Progress progress(4, {.title = "epoch 1", .out = terminal.out()});
  progress.add(1, {{"loss", 0.25}});
  progress.finish();
  const std::vector<std::string> lines = drawings(terminal.read());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], StartsWith("epoch 1   25%  [#"));
  EXPECT_THAT(lines[0], HasSubstr("]  1/4  loss 0.25"));
  EXPECT_THAT(lines[0], HasSubstr("ETA 0:0"));
}

TEST(Progress, NeverTakesMoreThanTheTerminalsWidth) {
  const Environment environment;
  for (const unsigned short columns : {200, 80, 40, 20, 8, 2}) {
    const Terminal terminal(columns);
    Progress progress(1000000, {.title = "a long title of an epoch", .unit = "samples", .out = terminal.out()});
    for (int i = 0; i < 3; ++i) progress.add(1, {{"loss", 0.25}, {"accuracy", 0.5}});
    progress.finish();
    const std::vector<std::string> lines = drawings(terminal.read());
    EXPECT_GE(lines.size(), 2U);
    for (const std::string& line : lines) EXPECT_LT(line.size(), columns) << line;
  }
}

TEST(Progress, FollowsTheWidthOfNow) {
  const Environment environment;
  const Terminal terminal(120);
  Progress progress(10, {.title = "a title", .out = terminal.out()});
  progress.add();
  terminal.read();
  const winsize narrow{24, 12, 0, 0};
  ::ioctl(::fileno(terminal.out()), TIOCSWINSZ, &narrow);
  progress.finish();
  EXPECT_LT(drawings(terminal.read()).at(0).size(), 12U);
}

TEST(Progress, WritesPlainLinesWhereThereIsNoTerminal) {
  const Environment environment;
  const std::string text = written_by([](std::FILE* file) {
    Progress progress(4, {.title = "epoch 1", .out = file});
    progress.add(4, {{"loss", 0.25}});
  });
  EXPECT_THAT(text, StartsWith("epoch 1  100%  4/4  loss 0.25"));
  EXPECT_THAT(text, EndsWith("\n"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(Progress, WritesPlainLinesToTerminalsThatCanOrShallDoNoMore) {
  const Environment environment;
  for (const auto& [name, value] : {std::pair("TERM", "dumb"), std::pair("NO_COLOR", "1")}) {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    ::setenv(name, value, 1);
    const Terminal terminal(80);
    Progress(4, {.out = terminal.out()}).add(2);
    const std::string text = terminal.read();
    EXPECT_THAT(text, StartsWith(" 50%  2/4"));
    EXPECT_THAT(text, Not(HasSubstr("\033")));
  }
}

TEST(Progress, WritesNothingAfterAFailure) {
  std::FILE* const full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  Progress progress(4, {.out = full});
  progress.add(4);
  progress.finish();
  EXPECT_NE(std::ferror(full), 0);
  std::clearerr(full);
  progress.add(4);
  progress.finish();
  EXPECT_EQ(std::ferror(full), 0);
  std::fclose(full);
}

TEST(Progress, ShowsNothingAfterTheEnd) {
  const std::string text = written_by([](std::FILE* file) {
    Progress progress(2, {.out = file});
    progress.add(2);
    progress.finish();
    progress.add(1);
    progress.finish();
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(Progress, CountsOfSeveralThreadsAddUp) {
  const std::string text = written_by([](std::FILE* file) {
    Progress progress(0, {.unit = "rows", .out = file});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) progress.add(2, {{"loss", i}});
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(progress.done(), 8000);
  });
  EXPECT_THAT(text, HasSubstr("8000 rows"));
}

TEST(Progress, ShowsNumbersThatAreNotFinite) {
  const std::string text = written_by([](std::FILE* file) {
    Progress(1, {.out = file}).add(1, {{"loss", std::numeric_limits<double>::quiet_NaN()}});
  });
  EXPECT_THAT(text, HasSubstr("loss nan"));
}

TEST(Progress, RefusesNegativeNumbers) {
  EXPECT_THROW(Progress(-1), Error);
  Progress progress(1, {.out = std::tmpfile()});
  EXPECT_THROW(progress.add(-1), Error);
}

TEST(ProgressLine, LeavesOutWhatHasNoRoom) {
  const std::string title = "epoch 2/10", unit = "samples";
  const Metrics metrics{{"loss", 0.5}};
  const ProgressState state{title, unit, 1000, 420, 100, 4.2, metrics};
  EXPECT_EQ(bar_line(state, 80), "epoch 2/10   42%  [######.........]  420/1000  loss 0.5  100 samples/s  ETA 0:06");
  EXPECT_EQ(bar_line(state, 60), "epoch 2/10   42%  loss 0.5  100 samples/s  ETA 0:06");
  EXPECT_EQ(bar_line(state, 20), "epoch 2/10   42%");
  EXPECT_EQ(bar_line(state, 5), " 42%");
}

TEST(ProgressLine, HasNoControlCharacters) {
  const std::string title = "a\r\n\033[2Jb", unit = "s";
  const ProgressState state{title, unit, 0, 1, 0, 0, {}};
  EXPECT_EQ(plain_line(state), "a   [2Jb  1 s");
}

TEST(ProgressLine, CountsOtherCharactersAsTwoColumns) {
  const std::string title = "\xe7\xac\xac\xe4\xb8\x80", unit = "s";  // two characters of three bytes
  const ProgressState state{title, unit, 0, 1, 0, 0, {}};
  EXPECT_EQ(bar_line(state, 3), "\xe7\xac\xac");
}

}  // namespace
}  // namespace weft
