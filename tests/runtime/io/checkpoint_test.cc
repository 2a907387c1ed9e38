// Checkpoints: a run that resumes has the bits of one that never stopped, and no damage goes unnoticed.
#include "weft/checkpoint.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/testing/damage.h"
#include "weft/data.h"
#include "weft/function.h"
#include "weft/io.h"
#include "weft/losses.h"
#include "weft/nn.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using weft::testing::Bytes;
using weft::testing::for_each_cut;
using weft::testing::for_each_flip;
using weft::testing::read_file;
using weft::testing::write_file;

// A file that is not there yet, in a folder of the test.
std::string fresh_path() {
  const std::string path =
      write_file(std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "/file", {});
  for (const char* suffix : {"", ".previous", ".tmp"}) std::filesystem::remove(path + suffix);
  return path;
}

Checkpoint small() {
  Checkpoint checkpoint;
  checkpoint.parts["a"] = {{"x", tensor({1.0F, 2.0F})}, {"y/z", tensor(7)}};
  checkpoint.parts["empty"];
  checkpoint.notes["run"] = "first";
  return checkpoint;
}

void expect_small(const Checkpoint& found) {
  ASSERT_EQ(found.parts.size(), 2U);
  EXPECT_TRUE(found.part("empty").empty());
  ASSERT_EQ(found.part("a").size(), 2U);
  EXPECT_THAT(found.part("a").at("x").to_vector<float>(), ElementsAre(1, 2));
  EXPECT_EQ(found.part("a").at("y/z").item(), 7);
  EXPECT_THAT(found.notes, ElementsAre(Pair("run", "first")));
}

TEST(Checkpoint, ComesBackWithItsPartsAndNotes) {
  const std::string path = fresh_path();
  save_checkpoint(path, small());
  const Checkpoint found = load_checkpoint(path);
  expect_small(found);
  EXPECT_EQ(found.path, path);
  EXPECT_THROW(found.part("b"), Error);
}

TEST(Checkpoint, KeepsTheOneBefore) {
  const std::string path = fresh_path();
  Checkpoint checkpoint = small();
  for (const char* note : {"1", "2", "3"}) {
    checkpoint.notes["number"] = note;
    save_checkpoint(path, checkpoint);
  }
  EXPECT_EQ(load_checkpoint(path).notes.at("number"), "3");
  EXPECT_EQ(load_checkpoint(path + ".previous").notes.at("number"), "2");
  for (const Bytes& damaged : {Bytes{}, Bytes(1000, 'x')}) {
    write_file("KeepsTheOneBefore/file", damaged);
    EXPECT_EQ(load_checkpoint(path).notes.at("number"), "2");
    EXPECT_EQ(load_checkpoint(path).path, path + ".previous");
  }
  std::filesystem::remove(path);
  EXPECT_EQ(load_checkpoint(path).notes.at("number"), "2");
  std::filesystem::remove(path + ".previous");
  EXPECT_THROW(load_checkpoint(path), Error);
}

// Not one bit can change unnoticed, whatever it belongs to: elements, names, types, notes or places.
TEST(Checkpoint, EveryFlipGivesAnErrorOrTheSame) {
  const std::string path = fresh_path();
  save_checkpoint(path, small());
  std::size_t refused = 0, same = 0;
  for_each_flip(read_file(path), [&](const Bytes& damaged, std::size_t) {
    write_file("EveryFlipGivesAnErrorOrTheSame/file", damaged);
    try {
      expect_small(load_checkpoint(path));
      ++same;
    } catch (const Error&) {
      ++refused;
    }
  });
  EXPECT_GT(refused, 30 * same);
}

TEST(Checkpoint, RefusesEveryCut) {
  const std::string path = fresh_path();
  save_checkpoint(path, small());
  for_each_cut(read_file(path), [&](const Bytes& cut, std::size_t size) {
    write_file("RefusesEveryCut/file", cut);
    EXPECT_THROW(load_checkpoint(path), Error) << size;
  });
}

TEST(Checkpoint, RefusesOtherFilesAndNames) {
  const std::string path = fresh_path();
  save_safetensors(path, {{"a/x", ones(1)}});
  EXPECT_THROW(load_checkpoint(path), Error);
  for (const char* name : {"", "a/b"}) {
    Checkpoint checkpoint;
    checkpoint.parts[name] = {{"x", ones(1)}};
    EXPECT_THROW(save_checkpoint(path, checkpoint), Error);
  }
}

// ---- Resuming

// All that a small training run consists of: shuffled batches, dropout, momentum of each kind, running statistics.
struct Run {
  data::DataLoader loader;
  nn::Sequential model;
  optim::Adam optimizer;
  Compiled<Tensor(Tensor, Tensor)> step;
  std::int64_t steps = 0;

  Run()
      : loader({rand({23, 4}), randint(0, 3, {23})}, {.batch_size = 5, .shuffle = true, .seed = 3}),
        model(nn::Linear(4, 8), nn::BatchNorm(8), nn::Dropout(0.3), nn::Linear(8, 3)),
        optimizer(model.parameters(), {.lr = 0.01, .amsgrad = true}),
        step(
            [this](Tensor x, Tensor y) {
              const Tensor loss = cross_entropy(model(x), y);
              loss.backward();
              optimizer.step();
              optimizer.zero_grad();
              return loss;
            },
            {}) {}

  // Trains until so many steps were made in all; a schedule changes the learning rate in each.
  void train(
      std::int64_t until, const std::function<void()>& after_step = [] {}) {
    while (steps < until) {
      for (const auto& [x, y] : loader) {
        optimizer.set_lr(0.01 / static_cast<double>(1 + steps));
        step(x, y);
        ++steps;
        after_step();
        if (steps == until) return;
      }
    }
  }
  Checkpoint checkpoint() const {
    Checkpoint now;
    now.parts["model"] = model.state_dict();
    now.parts["optimizer"] = optimizer.state_dict();
    now.parts["data"] = loader.state_dict();
    now.parts["run"] = {{"generator", get_rng_state()}, {"steps", tensor(steps)}};
    return now;
  }
  void resume(const Checkpoint& from) {
    model.load_state_dict(from.part("model"));
    optimizer.load_state_dict(from.part("optimizer"));
    loader.load_state_dict(from.part("data"));
    set_rng_state(from.part("run").at("generator"));
    steps = from.part("run").at("steps").item<std::int64_t>();
  }
  // The bits of all that is saved.
  std::string bits() const {
    const std::string path = fresh_path() + ".bits";
    save_checkpoint(path, checkpoint());
    const Bytes bytes = read_file(path);
    return {bytes.begin(), bytes.end()};
  }
};

std::unique_ptr<Run> new_run() {
  manual_seed(5);
  return std::make_unique<Run>();
}

TEST(Resume, AtAnyBatchGivesTheBitsOfARunThatNeverStopped) {
  constexpr std::int64_t kSteps = 12;  // two epochs of 5 batches, and a part of the third
  const auto whole = new_run();
  whole->train(kSteps);
  const std::string expected = whole->bits();
  for (std::int64_t stop = 0; stop <= kSteps; ++stop) {
    const std::string path = fresh_path();
    const auto first = new_run();
    first->train(stop);
    save_checkpoint(path, first->checkpoint());
    const auto second = new_run();
    rand({100});  // another program has drawn other numbers, and trained another way
    second->train(3);
    second->resume(load_checkpoint(path));
    second->train(kSteps);
    EXPECT_EQ(second->bits(), expected) << "stopped after " << stop;
  }
}

TEST(Resume, RefusesAStateOfAnotherOrder) {
  const auto run = new_run();
  const StateDict state = run->loader.state_dict();
  data::DataLoader other({rand({23, 4}), zeros(23)}, {.batch_size = 5, .shuffle = true, .seed = 4});
  EXPECT_THROW(other.load_state_dict(state), Error);
  EXPECT_THROW(run->loader.load_state_dict({}), Error);
  StateDict bad;
  for (const auto& [name, value] : state) bad.insert(name, name == "batch" ? tensor(6) : value);
  EXPECT_THROW(run->loader.load_state_dict(bad), Error);
}

// A process that is killed at a random moment loses what came after its last checkpoint, and nothing else.
TEST(Resume, SurvivesBeingKilledAtAnyMoment) {
  const std::string path = fresh_path();
  std::mt19937_64 random(1);
  std::int64_t last = 0;
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      Checkpoint now;
      now.parts["a"] = {{"number", tensor(last)}, {"x", zeros(20000)}};
      for (std::int64_t number = last;; ++number) {
        now.parts["a"] = {{"number", tensor(number)}, {"x", full(20000, static_cast<double>(number))}};
        save_checkpoint(path, now);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(50000 + random() % 50000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (!std::filesystem::exists(path) && !std::filesystem::exists(path + ".previous")) continue;
    const Checkpoint found = load_checkpoint(path);
    const auto number = found.part("a").at("number").item<std::int64_t>();
    EXPECT_GE(number, last);
    EXPECT_EQ(found.part("a").at("x").sum().item(), 20000.0 * static_cast<double>(number));
    last = number;
  }
  EXPECT_GT(last, 0);
}

// ---- The generator

TEST(RngState, TheSameDrawsComeAgain) {
  manual_seed(9);
  rand({3});
  const Tensor state = get_rng_state();
  const std::string first = to_string(rand({3})) + to_string(randn({2}));
  EXPECT_NE(to_string(rand({3})) + to_string(randn({2})), first);
  set_rng_state(state);
  EXPECT_EQ(to_string(rand({3})) + to_string(randn({2})), first);
  EXPECT_THROW(set_rng_state(zeros(2)), Error);
  EXPECT_THROW(set_rng_state(tensor({1, -1})), Error);
  EXPECT_THROW(set_rng_state(Tensor()), Error);
}

}  // namespace
}  // namespace weft::io
