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
#include <cstdio>
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
};

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

void train(const Flags& flags) {
  const data::Dataset training = data::fashion_mnist(flags.data, true);
  const data::Dataset test = data::fashion_mnist(flags.data, false);
  data::DataLoader loader(training, {.batch_size = flags.batch, .shuffle = true, .seed = flags.seed});

  manual_seed(flags.seed);
  nn::Sequential model = make_model(flags.model);
  const auto optimizer = make_optimizer(flags, model.parameters());
  const auto step = compile([&](Tensor images, Tensor labels) {
    const Tensor logits = model(flags.model == "resnet20" ? crop_and_flip(AsImages()(images), 2) : images);
    const Tensor loss = cross_entropy(logits, labels);
    loss.backward();
    optimizer->step();
    optimizer->zero_grad();
    return std::tuple(loss, count_correct(logits, labels));
  });

  print_model_table(stdout, model, zeros({flags.batch, 784}));
  const double lr = optimizer->lr();
  MemoryReport memory;
  Progress progress(stdout, flags.epochs, loader.size());
  for (std::int64_t epoch = 0; epoch < flags.epochs; ++epoch) {
    // Half a cosine wave, from lr down to almost 0 (Loshchilov and Hutter 2017).
    const double part = static_cast<double>(epoch) / static_cast<double>(flags.epochs);
    optimizer->set_lr(lr * (1 + std::cos(std::numbers::pi * part)) / 2);
    progress.begin_epoch();
    for (auto [images, labels] : loader) {
      const auto [loss, correct] = step(images, labels);
      if (step.stats().runs == 1) {
        memory = step.memory();
        print_memory_table(stdout, memory);
      }
      progress.add(loss.item(), correct.item<std::int64_t>(), labels.numel());
    }
    progress.end_epoch();
  }
  const double speed = progress.examples_per_second(), seconds = progress.seconds();

  model.eval();
  std::printf("test accuracy        %.4f\n", accuracy(model, test));
  std::printf("training             %.1f s, %.0f samples/s\n", seconds, speed);
  std::printf("planned peak memory  %s (%zu bytes)\n", bytes_text(memory.planned_peak_bytes).c_str(),
              memory.planned_peak_bytes);
  std::printf("weights              %016" PRIx64 "\n", hash_of(model));
}

int run(int argc, char** argv) {
  Flags flags;
  CLI::App app{"Trains an MLP (784-256-128-10) or a convolutional network on Fashion-MNIST with Weft.",
               "fashion_mnist"};
  add_flags(app, flags);
  CLI11_PARSE(app, argc, argv);
  try {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(flags.threads));
    tbb::task_arena arena(flags.threads);
    arena.execute([&] { train(flags); });
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
