#include "flow/supervisor_image.h"

// MARQUEE_SUPERVISOR: the path of the program, which was built before this file.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    "marquee_supervisor_begin:\n"
    ".incbin \"" MARQUEE_SUPERVISOR
    "\"\n"
    "marquee_supervisor_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char marquee_supervisor_begin[] __attribute__((visibility("hidden")));
extern const char marquee_supervisor_end[] __attribute__((visibility("hidden")));
}

namespace marquee::flow {

std::string_view SupervisorImage() {
  return {marquee_supervisor_begin,
          static_cast<size_t>(marquee_supervisor_end - marquee_supervisor_begin)};
}

}  // namespace marquee::flow
