// Trains a multi-layer perceptron (784-256-128-10), or a convolutional network, on Fashion-MNIST: the whole way from
// files to test accuracy.
//
//   bazel run -c opt //bench:fashion_mnist -- --epochs 10 --threads 2
//   bazel run -c opt //bench:fashion_mnist -- --model=cnn
//
// The final weights depend on the flags but not on --threads: the hash at the end is the same for any number.
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <numbers>
#include <optional>

#include "bench/image_models.h"
#include "bench/model_table.h"
#include "bench/progress.h"
#include "weft/weft.h"

namespace weft::bench {
namespace {

struct Flags {
  std::string data = "/usr/share/datasets/fashion-mnist";
  std::int64_t epochs = 10;
  std::int64_t batch = 128;
  std::optional<double> lr;  // the optimizer's own default
  int threads = tbb::info::default_concurrency();
  std::uint64_t seed = 1;
  std::string optimizer = "adam";
  std::string model = "mlp";
  std::string save, checkpoint;  // paths; empty: none
  std::int64_t checkpoint_every = 0;
  bool resume = false;
};

// Set by Ctrl-C and by what asks a process to end.
volatile std::sig_atomic_t g_interrupted = 0;

void add_file_flags(CLI::App& app, Flags& flags) {
  app.add_option("--save", flags.save, "safetensors file for the weights at the end");
  auto* checkpoint = app.add_option("--checkpoint", flags.checkpoint,
                                    "file of what --resume needs, written after each epoch and at Ctrl-C");
  app.add_option("--checkpoint-every", flags.checkpoint_every, "and after so many batches")
      ->check(CLI::Range(1, 1000000))
      ->needs(checkpoint);
  app.add_flag("--resume", flags.resume, "go on from the checkpoint, where there is one")->needs(checkpoint);
}

void add_flags(CLI::App& app, Flags& flags) {
  app.add_option("--data", flags.data, "folder with the four IDX files, plain or .gz")->capture_default_str();
  app.add_option("--epochs", flags.epochs, "passes over the training set")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--batch", flags.batch, "examples in a batch")->check(CLI::Range(1, 60000))->capture_default_str();
  app.add_option("--lr", flags.lr, "learning rate of the first epoch (default: 0.1 for sgd, 0.001 for adam, adamw)")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", flags.threads, "threads to compute with")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--seed", flags.seed, "seed of weights and order")->capture_default_str();
  app.add_option("--optimizer", flags.optimizer, "sgd (momentum 0.9), adam or adamw")
      ->check(CLI::IsMember({"sgd", "adam", "adamw"}))
      ->capture_default_str();
  app.add_option("--model", flags.model,
                 "mlp, cnn (48,754 parameters), or resnet20, which sees images moved and mirrored")
      ->check(CLI::IsMember({"mlp", "cnn", "resnet20"}))
      ->capture_default_str();
}

std::unique_ptr<optim::Optimizer> make_optimizer(const Flags& flags, std::vector<Tensor> parameters) {
  if (flags.optimizer == "sgd")
    return std::make_unique<optim::SGD>(std::move(parameters),
                                        optim::SGDOptions{.lr = flags.lr.value_or(0.1), .momentum = 0.9});
  if (flags.optimizer == "adamw")
    return std::make_unique<optim::AdamW>(std::move(parameters), optim::AdamWOptions{.lr = flags.lr.value_or(1e-3)});
  return std::make_unique<optim::Adam>(std::move(parameters), optim::AdamOptions{.lr = flags.lr.value_or(1e-3)});
}

nn::Sequential make_model(const std::string& name) {
  if (name == "cnn") return small_cnn();
  if (name == "resnet20") return resnet20(1);
  return nn::Sequential(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10));
}

// How many rows of logits have their largest element at the label.
Tensor count_correct(const Tensor& logits, const Tensor& labels) {
  return (logits.detach().argmax(1) == labels).to(kInt64).sum();
}

double accuracy(nn::Module& model, const data::Dataset& test) {
  const auto count = compile([&](Tensor images, Tensor labels) {
    NoGradGuard no_grad;
    return count_correct(model(images), labels);
  });
  data::DataLoader loader(test, {.batch_size = 1000});
  std::int64_t correct = 0;
  for (auto [images, labels] : loader) correct += count(images, labels).item<std::int64_t>();
  return static_cast<double>(correct) / static_cast<double>(loader.size());
}

// FNV-1a over the bytes of all parameters in their order.
std::uint64_t hash_of(const nn::Module& model) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Tensor& parameter : model.parameters()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(parameter.data_ptr<float>());
    for (std::size_t i = 0; i < static_cast<std::size_t>(parameter.numel()) * sizeof(float); ++i)
      hash = (hash ^ bytes[i]) * 0x100000001b3;
  }
  return hash;
}

struct Training {
  const Flags& flags;
  data::DataLoader loader;
  nn::Sequential model;
  std::unique_ptr<optim::Optimizer> optimizer;
};

// All that a run needs to go on, and the flags that it must be started with again.
io::Checkpoint checkpoint_of(const Training& run) {
  io::Checkpoint now;
  now.parts["model"] = run.model.state_dict();
  now.parts["optimizer"] = run.optimizer->state_dict();
  now.parts["data"] = run.loader.state_dict();
  now.parts["generator"].insert("state", get_rng_state());
  now.notes = {
      {"model", run.flags.model}, {"optimizer", run.flags.optimizer}, {"epochs", std::to_string(run.flags.epochs)}};
  return now;
}

void keep(const Training& run) {
  if (!run.flags.checkpoint.empty()) io::save_checkpoint(run.flags.checkpoint, checkpoint_of(run));
}

// Where there is no checkpoint yet, the run begins anew.
void resume(Training& run) {
  const std::string& path = run.flags.checkpoint;
  if (!std::filesystem::exists(path) && !std::filesystem::exists(path + ".previous")) return;
  const io::Checkpoint from = io::load_checkpoint(path);
  for (const auto& [flag, value] : checkpoint_of(run).notes) {
    const auto before = from.notes.find(flag);
    if (before == from.notes.end() || before->second != value)
      throw Error("the run of " + from.path + " was started with another --" + flag);
  }
  run.model.load_state_dict(from.part("model"));
  run.optimizer->load_state_dict(from.part("optimizer"));
  run.loader.load_state_dict(from.part("data"));
  set_rng_state(from.part("generator").at("state"));
  std::printf("resumes %s in epoch %" PRIu64 "\n", from.path.c_str(), run.loader.epoch() + 1);
}

// The rest of the loader's epoch; false where it was interrupted.
template <class Step>
bool train_epoch(Training& run, const Step& step, Progress& progress, MemoryReport& memory) {
  std::int64_t batches = 0;
  progress.begin_epoch();
  for (auto [images, labels] : run.loader) {
    const auto [loss, correct] = step(images, labels);
    if (step.stats().runs == 1) {
      memory = step.memory();
      print_memory_table(stdout, memory);
    }
    if (!std::isfinite(loss.item())) throw Error("the run diverges: the loss is " + std::to_string(loss.item()));
    progress.add(loss.item(), correct.template item<std::int64_t>(), labels.numel());
    if (run.flags.checkpoint_every > 0 && ++batches % run.flags.checkpoint_every == 0) keep(run);
    if (g_interrupted) break;
  }
  progress.end_epoch();
  return !g_interrupted;
}

// False where it was interrupted.
bool train(const Flags& flags) {
  const data::Dataset training = data::fashion_mnist(flags.data, true);
  const data::Dataset test = data::fashion_mnist(flags.data, false);
  manual_seed(flags.seed);
  Training run{flags, data::DataLoader(training, {.batch_size = flags.batch, .shuffle = true, .seed = flags.seed}),
               make_model(flags.model), nullptr};
  run.optimizer = make_optimizer(flags, run.model.parameters());
  const auto step = compile([&](Tensor images, Tensor labels) {
    const Tensor logits = run.model(flags.model == "resnet20" ? crop_and_flip(AsImages()(images), 2) : images);
    const Tensor loss = cross_entropy(logits, labels);
    loss.backward();
    run.optimizer->step();
    run.optimizer->zero_grad();
    return std::tuple(loss, count_correct(logits, labels));
  });

  print_model_table(stdout, run.model, zeros({flags.batch, 784}));
  const double lr = run.optimizer->lr();
  if (flags.resume) resume(run);
  const auto first = static_cast<std::int64_t>(run.loader.epoch());
  MemoryReport memory;
  Progress progress(stdout, flags.epochs, run.loader.size(), first);
  for (std::int64_t epoch = first; epoch < flags.epochs; ++epoch) {
    // Half a cosine wave, from lr down to almost 0 (Loshchilov and Hutter 2017).
    const double part = static_cast<double>(epoch) / static_cast<double>(flags.epochs);
    run.optimizer->set_lr(lr * (1 + std::cos(std::numbers::pi * part)) / 2);
    const bool whole = train_epoch(run, step, progress, memory);
    keep(run);
    if (!whole) return false;
    run.model.eval();
    std::printf("test accuracy        %.4f\n", accuracy(run.model, test));
    run.model.train();
  }
  if (!flags.save.empty()) io::save_safetensors(flags.save, run.model.state_dict());
  std::printf("training             %.1f s, %.0f samples/s\n", progress.seconds(), progress.examples_per_second());
  std::printf("planned peak memory  %s (%zu bytes)\n", bytes_text(memory.planned_peak_bytes).c_str(),
              memory.planned_peak_bytes);
  std::printf("weights              %016" PRIx64 "\n", hash_of(run.model));
  return true;
}

int run(int argc, char** argv) {
  Flags flags;
  CLI::App app{"Trains an MLP (784-256-128-10) or a convolutional network on Fashion-MNIST with Weft.",
               "fashion_mnist"};
  add_flags(app, flags);
  add_file_flags(app, flags);
  app.set_version_flag("--version", std::string("weft ") + kVersion);
  CLI11_PARSE(app, argc, argv);
  try {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(flags.threads));
    tbb::task_arena arena(flags.threads);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { g_interrupted = 1; });
    if (!arena.execute([&] { return train(flags); })) {
      std::printf("interrupted%s\n", flags.checkpoint.empty() ? "" : (", saved " + flags.checkpoint).c_str());
      return 128 + SIGINT;
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw Error(ErrorKind::io, "the output cannot be written");
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "fashion_mnist: %s\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) { return weft::bench::run(argc, argv); }
