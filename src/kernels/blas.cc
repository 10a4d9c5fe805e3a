#include "kernels/blas.h"

#include <cblas.h>
#include <stdlib.h>

#include "base/text.h"
#include "kernels/simd.h"

// What OpenBLAS does when it is loaded, and undoes in the end; no header of it has them. Absent
// where it was built for one processor.
extern "C" {
[[gnu::weak]] void gotoblas_dynamic_init();
[[gnu::weak]] void gotoblas_dynamic_quit();
}

namespace marquee::kernels {

void ChooseBlasKernels() {
  constexpr const char* kVariable = "OPENBLAS_CORETYPE";
  const Simd level = SupportedSimd().back();
  if (level != Simd::kAvx2 && level != Simd::kAvx512) return;
  if (getenv(kVariable) != nullptr || AsciiLower(BlasKernels()) != "prescott") return;
  if (gotoblas_dynamic_init == nullptr || gotoblas_dynamic_quit == nullptr) return;
  setenv(kVariable, level == Simd::kAvx512 ? "SKYLAKEX" : "HASWELL", 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(kVariable);
}

std::string BlasKernels() { return openblas_get_corename(); }

}  // namespace marquee::kernels
