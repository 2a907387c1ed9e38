// Variables that several threads read and write.
#include "runtime/running/variable_access.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "weft/error.h"

namespace weft {
namespace {

using Kind = VariableAccess::Kind;

std::shared_ptr<Variable> number(std::int64_t value) {
  auto buffer = std::make_shared<Buffer>(sizeof value);
  *buffer->as<std::int64_t>() = value;
  return std::make_shared<Variable>(TensorType{DType::i64, {}}, std::move(buffer));
}
std::int64_t value_of(Variable& variable) {
  const auto buffer = variable.read();
  return *static_cast<const std::int64_t*>(buffer->data());
}
VariableAccess::Use use(const std::shared_ptr<Variable>& variable, Kind kind) { return {variable, kind, {}, 0, {}}; }

void take(VariableAccess& access, std::size_t count) {
  while (!access.take(count)) continue;
}
// Adds one to all of them, as a step would.
void increment(std::vector<VariableAccess::Use>& uses) {
  VariableAccess access(uses);
  take(access, uses.size());
  access.begin();
  for (const VariableAccess::Use& u : uses)
    *static_cast<std::int64_t*>(u.bytes.next) = *static_cast<const std::int64_t*>(u.bytes.now) + 1;
  access.commit();
}

TEST(VariableAccess, WritesInPlaceWhereNobodyElseLooks) {
  const auto a = number(1);
  const void* const bytes = a->read()->data();
  std::vector<VariableAccess::Use> uses{use(a, Kind::write)};
  increment(uses);
  EXPECT_EQ(value_of(*a), 2);
  EXPECT_EQ(a->read()->data(), bytes);
}

TEST(VariableAccess, WritesBesideAValueThatSomebodyHolds) {
  const auto a = number(1);
  const auto held = a->read();
  std::vector<VariableAccess::Use> uses{use(a, Kind::write)};
  increment(uses);
  EXPECT_EQ(value_of(*a), 2);
  EXPECT_EQ(*static_cast<const std::int64_t*>(held->data()), 1);
}

TEST(VariableAccess, WritesBesideTheValueOnceAnotherThreadHasReadIt) {
  const auto a = number(0);
  std::vector<VariableAccess::Use> uses{use(a, Kind::write)};
  increment(uses);
  std::thread([&] { EXPECT_EQ(value_of(*a), 1); }).join();
  VariableAccess access(uses);
  take(access, 1);
  access.begin();
  std::thread([&] { EXPECT_EQ(value_of(*a), 1); }).join();  // would wait for ever if it were written in place
  *static_cast<std::int64_t*>(uses[0].bytes.next) = 2;
  access.commit();
  access.release();
  EXPECT_EQ(value_of(*a), 2);
}

TEST(VariableAccess, ThatIsNotCommittedLeavesTheValue) {
  const auto a = number(1);
  const auto held = a->read();
  std::vector<VariableAccess::Use> uses{use(a, Kind::write)};
  {
    VariableAccess access(uses);
    take(access, 1);
    access.begin();
    *static_cast<std::int64_t*>(uses[0].bytes.next) = 7;
  }
  EXPECT_EQ(value_of(*a), 1);
  increment(uses);
  EXPECT_EQ(value_of(*a), 2);
}

TEST(VariableAccess, RefusesAVariableThatIsWrittenTwice) {
  const auto a = number(1);
  std::vector<VariableAccess::Use> uses{use(a, Kind::write), use(a, Kind::write)};
  VariableAccess access(uses);
  EXPECT_THROW((void)access.take(2), Error);
  EXPECT_EQ(value_of(*a), 1);
}

TEST(VariableAccess, RefusesAVariableThatIsWrittenAndRead) {
  const auto a = number(1);
  std::vector<VariableAccess::Use> uses{use(a, Kind::write), use(a, Kind::read)};
  VariableAccess access(uses);
  EXPECT_THROW((void)access.take(2), Error);
}

TEST(VariableAccess, TakesTurnsInAnyOrderWithoutLosingAWrite) {
  const auto a = number(0), b = number(0);
  constexpr int kTimes = 2000;
  const auto work = [&](bool swapped) {
    std::vector<VariableAccess::Use> uses{use(swapped ? b : a, Kind::write), use(swapped ? a : b, Kind::write)};
    for (int i = 0; i < kTimes; ++i) increment(uses);
  };
  std::thread first(work, false), second(work, true);
  first.join();
  second.join();
  EXPECT_EQ(value_of(*a), 2 * kTimes);
  EXPECT_EQ(value_of(*b), 2 * kTimes);
}

TEST(VariableAccess, ReadsValuesOfOneMoment) {
  const auto a = number(0), b = number(0);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    std::vector<VariableAccess::Use> uses{use(a, Kind::write), use(b, Kind::write)};
    while (!done) increment(uses);
  });
  for (int i = 0; i < 20000; ++i) {
    std::vector<VariableAccess::Use> uses{use(b, Kind::read), use(a, Kind::read)};
    VariableAccess access(uses);
    take(access, 2);
    ASSERT_EQ(*static_cast<const std::int64_t*>(uses[0].value->data()),
              *static_cast<const std::int64_t*>(uses[1].value->data()));
  }
  done = true;
  writer.join();
}

}  // namespace
}  // namespace weft
