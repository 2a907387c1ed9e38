#include "ops/nn/module_calls.h"

namespace weft::nn {
namespace {

thread_local ModuleCalls* t_calls = nullptr;

}  // namespace

ModuleCalls::ModuleCalls() : before_(t_calls) { t_calls = this; }
ModuleCalls::~ModuleCalls() { t_calls = before_; }
ModuleCalls* ModuleCalls::current() { return t_calls; }

}  // namespace weft::nn
