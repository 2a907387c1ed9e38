// host PLUGIN: loads and unloads the plug-in 100 times, and lets it learn each time, from a new thread every other
// time.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace {

double learn_with(const char* plugin) {
  void* const library = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(1);
  }
  const auto learn = reinterpret_cast<double (*)(int, const char**)>(dlsym(library, "learn"));
  const char* failure = "no loss";
  const double loss = learn ? learn(60, &failure) : -1;
  if (loss < 0) {
    std::fprintf(stderr, "%s\n", failure);
    std::exit(1);
  }
  dlclose(library);
  return loss;
}

// Regions of memory that files of this name are mapped to.
int mappings(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  int found = 0;
  for (std::string line; std::getline(maps, line);) found += line.find(name) != line.npos;
  return found;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const double first = learn_with(arguments[1]);
  const int regions = mappings("libweft.so");
  for (int i = 1; i < 100; ++i) {
    double loss = 0;
    if (i % 2)
      std::thread([&] { loss = learn_with(arguments[1]); }).join();
    else
      loss = learn_with(arguments[1]);
    if (loss != first) {
      std::fprintf(stderr, "load %d: loss %.17g, at first %.17g\n", i, loss, first);
      return 1;
    }
  }
  // The plug-in goes each time. Weft stays, once: see cmake/README.md.
  if (mappings("learner.so") != 0 || mappings("libweft.so") != regions) {
    std::fprintf(stderr, "what was unloaded is still there\n");
    return 1;
  }
  std::printf("loaded 100 times, loss %.6g\n", first);
}
