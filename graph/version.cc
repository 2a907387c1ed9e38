#include "weft/version.h"

namespace weft {

const char* version() { return kVersion; }

}  // namespace weft
