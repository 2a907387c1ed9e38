#include <algorithm>

#include "weft/diagnosis.h"

namespace weft {

bool GradientAudit::ok() const {
  return std::all_of(parameters.begin(), parameters.end(), [](const Parameter& p) { return p.has_gradient; });
}

std::string GradientAudit::str() const {
  std::string text;
  for (const Parameter& parameter : parameters)
    if (!parameter.has_gradient) text += parameter.name + ": " + parameter.reason + "\n";
  return text.empty() ? "every parameter has a gradient\n" : text;
}

}  // namespace weft
