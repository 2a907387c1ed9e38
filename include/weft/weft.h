// Weft: a static-graph autograd runtime for CPUs. This header brings in everything.
#pragma once

#include "weft/autograd.h"
#include "weft/conv.h"
#include "weft/data.h"
#include "weft/dims.h"
#include "weft/dtype.h"
#include "weft/error.h"
#include "weft/function.h"
#include "weft/image_layers.h"
#include "weft/module.h"
#include "weft/nn.h"
#include "weft/norm.h"
#include "weft/ops.h"
#include "weft/optim.h"
#include "weft/shape.h"
#include "weft/tensor.h"
#include "weft/version.h"
