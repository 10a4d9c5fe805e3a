// The library behind the inverse and the eigenvectors of large matrices.
#pragma once

#include <string>

namespace marquee::kernels {

// To be called at the start of a program, before it has threads. OpenBLAS falls back to its code
// for processors of 2004 on one that is newer than itself, at a quarter of the speed (67 GFLOP/s in
// place of 257 on two cores of an Intel Xeon of 2024, OpenBLAS 0.3.21): then this chooses the code
// for the best of SupportedSimd. The environment variable OPENBLAS_CORETYPE has precedence.
void ChooseBlasKernels();

// "SkylakeX": what it uses now.
std::string BlasKernels();

}  // namespace marquee::kernels
