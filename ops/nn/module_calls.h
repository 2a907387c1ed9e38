// Who wants to know which module is called with one tensor, and what it gives.
#pragma once

#include "weft/module.h"

namespace weft::nn {

// While one lives, its thread tells it. One that is made later takes its place until it is gone.
class ModuleCalls {
 public:
  ModuleCalls();
  virtual ~ModuleCalls();
  ModuleCalls(const ModuleCalls&) = delete;
  ModuleCalls& operator=(const ModuleCalls&) = delete;

  static ModuleCalls* current();

  virtual void begin(const Module& module) = 0;
  // Not called where the call throws.
  virtual void end(const Module& module, const Tensor& result) = 0;

 private:
  ModuleCalls* before_;
};

}  // namespace weft::nn
